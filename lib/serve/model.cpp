#include "serve/model.h"

#include <fmt/format.h>

#include <numeric>

#include "base/sandbox.h"
#include "base/text.h"
#include "register/onnx_graph.h"

namespace mlops::serve {
namespace {

constexpr std::uint64_t k_gigabyte = std::uint64_t{1} << 30;

std::string label(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

TensorInfo tensor_info(const Json& value) {
  TensorInfo out{need_text(value, "name", "a signature"), DataType::FP32};
  const std::string type = need_text(value, "datatype", "a signature");
  const auto datatype = parse_datatype(type);
  if (!datatype) throw input_error("the datatype \"" + printable(type) + "\" can't be served");
  out.type = *datatype;
  for (const auto& size : need(value, "shape", "a signature")) out.shape.push_back(size.get<std::int64_t>());
  out.any_rank = value.value("any_rank", false);
  if (const auto labels = value.find("labels"); labels != value.end() && labels->is_array())
    for (const auto& item : *labels) out.labels.push_back(label(item));
  return out;
}

// Zeros of the smallest shape.
Tensor sample(const TensorInfo& info) {
  Tensor out{info.type, info.shape};
  for (auto& size : out.shape)
    if (size < 0) size = 1;
  const std::uint64_t count = element_count(out.shape);
  if (info.type == DataType::BYTES)
    out.texts.resize(count);
  else
    out.bytes.resize(count * width_of(info.type));
  return out;
}

void warm_up(const Session& session, const Interface& interface) {
  std::vector<Tensor> inputs;
  for (const auto& input : interface.inputs) inputs.push_back(sample(input));
  std::vector<std::size_t> wanted(interface.outputs.size());
  std::iota(wanted.begin(), wanted.end(), std::size_t{0});
  try {
    (void)session.run(inputs, wanted);
  } catch (const Error&) {
    // Zeros of the smallest shape need not make sense to a model; real requests tell.
  }
}

std::unique_ptr<Session> load_session(std::string_view bytes, const std::string& name, const Interface& interface,
                                      int threads) {
  auto session = onnx_engine().load(bytes, name, interface, {threads});
  warm_up(*session, interface);
  return session;
}

// In the helper process: does what this process will do, and nothing is kept of it.
std::string try_model(std::string_view bytes) {
  const Interface interface = interface_of(registry::onnx_signature(bytes, "model"));
  (void)load_session(bytes, "model", interface, 1);
  return "loaded";
}

const bool k_registered = register_sandbox_task("onnx-load", try_model);

void try_in_helper(std::string_view bytes, const std::string& name, const LoadLimits& limits) {
  SandboxLimits sandbox;
  sandbox.time = limits.time + static_cast<Micros>(bytes.size() >> 26) * 1'000'000;
  sandbox.memory = 4 * k_gigabyte + 4 * bytes.size();  // address space: the runtime's library and stacks count too
  (void)run_sandboxed("onnx-load", bytes, fmt::format("model \"{}\"", printable(name)), sandbox);
}

// Names from the registry for what the model itself only numbers.
void add_columns(Json& signature, const Json& known) {
  for (const char* side : {"inputs", "outputs"})
    for (auto& tensor : signature[side])
      for (const auto& other : known.value(side, Json::array()))
        if (text_or(other, "name") == text_or(tensor, "name"))
          for (const char* key : {"columns", "labels"})
            if (other.contains(key) && !tensor.contains(key)) tensor[key] = other[key];
}

const Json* find_tensor(const Json& signature, std::string_view name) {
  for (const char* side : {"inputs", "outputs"})
    for (const auto& tensor : signature.at(side))
      if (text_or(tensor, "name") == name) return &tensor;
  return nullptr;
}

}  // namespace

std::optional<std::size_t> Model::input(std::string_view input_name) const {
  for (std::size_t i = 0; i < interface.inputs.size(); ++i)
    if (interface.inputs[i].name == input_name) return i;
  return std::nullopt;
}

std::optional<std::size_t> Model::output(std::string_view output_name) const {
  for (std::size_t i = 0; i < interface.outputs.size(); ++i)
    if (interface.outputs[i].name == output_name) return i;
  return std::nullopt;
}

std::vector<std::string> Model::columns(const TensorInfo& info) const {
  std::vector<std::string> out;
  if (info.any_rank || info.shape.size() > 2) return out;
  const std::int64_t width = info.shape.size() == 2 ? info.shape[1] : 1;
  if (const Json* tensor = find_tensor(signature, info.name))
    for (const char* key : {"columns", "labels"})
      if (const auto names = tensor->find(key); out.empty() && names != tensor->end() && names->is_array())
        for (const auto& name_of_column : *names)
          out.push_back(key == std::string_view("labels") ? info.name + "_" + label(name_of_column)
                                                          : label(name_of_column));
  if (width >= 0 && out.size() == static_cast<std::size_t>(width)) return out;
  out.clear();
  if (width == 1) return {info.name};
  for (std::int64_t i = 0; i < width; ++i) out.push_back(fmt::format("{}_{}", info.name, i));
  return out;
}

bool Model::has_column_names(const TensorInfo& info) const {
  const Json* tensor = find_tensor(signature, info.name);
  return tensor != nullptr && tensor->contains("columns") && tensor->at("columns").is_array();
}

Interface interface_of(const Json& signature) {
  Interface out;
  for (const auto& value : need(signature, "inputs", "a signature")) out.inputs.push_back(tensor_info(value));
  for (const auto& value : need(signature, "outputs", "a signature")) out.outputs.push_back(tensor_info(value));
  return out;
}

std::unique_ptr<Model> load_model(std::string_view bytes, const std::string& name, const Json& known,
                                  const LoadLimits& limits) {
  auto out = std::make_unique<Model>();
  out->name = name;
  out->signature = registry::onnx_signature(bytes, name);
  if (known.is_object()) add_columns(out->signature, known);
  out->interface = interface_of(out->signature);
  try_in_helper(bytes, name, limits);
  out->session = load_session(bytes, name, out->interface, limits.threads);
  return out;
}

}  // namespace mlops::serve
