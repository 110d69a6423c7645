#include "serve/traffic_frames.h"

#include <cstring>
#include <optional>
#include <string_view>

#include "base/file.h"
#include "serve/tensor_binary.h"
#include "web/encoding.h"

namespace mlops::serve {
namespace {

constexpr std::size_t k_frame_head = 8;
constexpr std::size_t k_largest_tensor = std::size_t{1} << 20;
constexpr std::uint64_t k_largest_segment = std::uint64_t{1} << 30;

template <typename T>
void put(std::string& out, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

// Room for the head now, its values when the frame is whole.
std::size_t begin_frame(std::string& out) {
  out.append(k_frame_head, '\0');
  return out.size();
}

void end_frame(std::string& out, std::size_t start) {
  const std::string_view payload = std::string_view(out).substr(start);
  const auto length = static_cast<std::uint32_t>(payload.size());
  const std::uint32_t crc = web::crc_32(payload);
  std::memcpy(out.data() + start - 8, &length, 4);
  std::memcpy(out.data() + start - 4, &crc, 4);
}

bool worth_keeping(const Tensor& tensor, std::int64_t rows) {
  if (tensor.shape.size() > 2 || binary_size(tensor) > k_largest_tensor) return false;
  return tensor.shape.empty() ? rows == 1 : tensor.shape.front() == rows;
}

void put_tensor(std::string& out, const Tensor& tensor, std::uint8_t side, std::size_t index) {
  put(out, side);
  put(out, static_cast<std::uint32_t>(index));
  put(out, static_cast<std::uint8_t>(tensor.type));
  put(out, static_cast<std::uint8_t>(tensor.shape.size()));
  for (const auto size : tensor.shape) put(out, size);
  put(out, static_cast<std::uint32_t>(binary_size(tensor)));
  append_binary(out, tensor);
}

// Reads what put() wrote; an Error on bytes that end too early.
class Bytes {
 public:
  explicit Bytes(std::string_view rest) : rest_(rest) {}
  template <typename T>
  T get() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view take(std::size_t length) {
    if (length > rest_.size()) throw input_error("a traffic frame is cut off");
    const std::string_view out = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return out;
  }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

void read_tensor(Bytes& bytes, Call& call) {
  const auto side = bytes.get<std::uint8_t>();
  const auto index = bytes.get<std::uint32_t>();
  const auto type = bytes.get<std::uint8_t>();
  if (type > static_cast<std::uint8_t>(DataType::BF16)) throw input_error("a traffic frame has an unknown datatype");
  Shape shape(bytes.get<std::uint8_t>());
  for (auto& size : shape) size = bytes.get<std::int64_t>();
  const auto length = bytes.get<std::uint32_t>();
  Tensor tensor = tensor_from_binary(static_cast<DataType>(type), shape, bytes.take(length), "traffic", "log");
  if (side == 0) {
    if (index >= call.inputs.size()) call.inputs.resize(index + std::size_t{1});
    call.inputs[index] = std::move(tensor);
  } else {
    call.output_indexes.push_back(index);
    call.outputs.push_back(std::move(tensor));
  }
}

Call read_call(std::string_view payload, const Model& model) {
  Bytes bytes(payload);
  Call out;
  out.request_id = bytes.take(bytes.get<std::uint32_t>());
  out.time = bytes.get<std::int64_t>();
  out.latency = bytes.get<std::int64_t>();
  out.status = bytes.get<std::int32_t>();
  out.rows = bytes.get<std::int64_t>();
  out.inputs.reserve(model.interface.inputs.size());
  while (!bytes.empty()) {
    read_tensor(bytes, out);
    if (out.inputs.size() > model.interface.inputs.size() ||
        (!out.output_indexes.empty() && out.output_indexes.back() >= model.interface.outputs.size()))
      throw input_error("a traffic frame names a tensor that the model does not have");
  }
  return out;
}

// The next whole frame's payload; nullopt at the end or at damage.
std::optional<std::string_view> next_frame(std::string_view& rest) {
  if (rest.size() < k_frame_head) return std::nullopt;
  std::uint32_t length = 0, crc = 0;
  std::memcpy(&length, rest.data(), 4);
  std::memcpy(&crc, rest.data() + 4, 4);
  if (length > rest.size() - k_frame_head) return std::nullopt;
  const std::string_view payload = rest.substr(k_frame_head, length);
  if (web::crc_32(payload) != crc) return std::nullopt;
  rest.remove_prefix(k_frame_head + length);
  return payload;
}

std::shared_ptr<Model> read_header(std::string_view payload) {
  const Json header = parse_json(payload, "a traffic segment");
  auto out = std::make_shared<Model>();
  out->name = need_text(header, "model", "a traffic segment");
  out->version = std::to_string(integer_or(header, "number"));
  out->record = Id::from_hex(text_or(header, "model_version"));
  out->signature = need(header, "signature", "a traffic segment");
  out->interface = interface_of(out->signature);
  if (!out->record) throw input_error("a traffic segment names no model version");
  return out;
}

}  // namespace

std::string segment_header(const Model& model) {
  std::string out;
  const std::size_t start = begin_frame(out);
  out += canonical_json({{"type", "traffic-segment"},
                         {"version", 1},
                         {"model", model.name},
                         {"number", std::stoll(model.version)},
                         {"model_version", model.record->hex()},
                         {"signature", model.signature}});
  end_frame(out, start);
  return out;
}

void append_call(std::string& out, const Call& call) {
  const std::size_t start = begin_frame(out);
  put_text(out, call.request_id);
  put(out, call.time);
  put(out, call.latency);
  put(out, static_cast<std::int32_t>(call.status));
  const std::int64_t rows = rows_of(call);
  put(out, rows);
  for (std::size_t i = 0; i < call.inputs.size(); ++i)
    if (worth_keeping(call.inputs[i], rows)) put_tensor(out, call.inputs[i], 0, i);
  for (std::size_t i = 0; i < call.outputs.size(); ++i)
    if (worth_keeping(call.outputs[i], rows)) put_tensor(out, call.outputs[i], 1, call.output_indexes[i]);
  end_frame(out, start);
}

std::shared_ptr<Model> read_segment(const std::filesystem::path& file, const std::function<void(const Call&)>& visit) {
  std::shared_ptr<Model> model;
  try {
    const std::string bytes = read_file(file, k_largest_segment);
    std::string_view rest = bytes;
    const auto header = next_frame(rest);
    if (!header) return nullptr;
    model = read_header(*header);
    while (const auto payload = next_frame(rest)) {
      Call call = read_call(*payload, *model);
      call.model = model;
      visit(call);
    }
  } catch (const Error&) {  // closed meanwhile, or damage that the checksum did not show: what came before it counts
  } catch (const Json::exception&) {
  }
  return model;
}

std::int64_t rows_of(const Call& call) {
  if (call.rows >= 0) return call.rows;
  if (call.inputs.empty() || call.inputs.front().shape.empty()) return 1;
  return call.inputs.front().shape.front();
}

}  // namespace mlops::serve
