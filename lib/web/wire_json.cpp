#include "web/wire_json.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <bit>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace mlops::web {
namespace {

constexpr std::size_t k_depth = 128;
constexpr std::size_t k_ordered_members = 4096;
constexpr unsigned k_flags = rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag |
                             rapidjson::kParseNanAndInfFlag | rapidjson::kParseValidateEncodingFlag;

// Takes the parser's events and builds the document from the inside out.
template <typename Value>
class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder<Value>> {
 public:
  Builder(Value& root, std::vector<FlatValues>& arrays, Flatten flatten)
      : root_(root), arrays_(arrays), flatten_(flatten) {}

  bool Null() { return flat_depth_ > 0 ? flat(FlatValues::Kind::null, 0) : put(nullptr); }
  bool Bool(bool value) { return flat_depth_ > 0 ? flat(FlatValues::Kind::boolean, value ? 1 : 0) : put(value); }
  bool Int(int value) { return Int64(value); }
  bool Uint(unsigned value) { return Int64(value); }
  bool Int64(std::int64_t value) {
    return flat_depth_ > 0 ? flat(FlatValues::Kind::integer, static_cast<std::uint64_t>(value)) : put(value);
  }
  bool Uint64(std::uint64_t value) {
    if (value <= INT64_MAX) return Int64(static_cast<std::int64_t>(value));
    return flat_depth_ > 0 ? flat(FlatValues::Kind::natural, value) : put(value);
  }
  bool Double(double value) {
    return flat_depth_ > 0 ? flat(FlatValues::Kind::fraction, std::bit_cast<std::uint64_t>(value)) : put(value);
  }
  bool String(const char* text, unsigned length, bool) {
    if (flat_depth_ == 0) return put(std::string(text, length));
    arrays_.back().add(std::string(text, length));
    return true;
  }
  bool Key(const char* text, unsigned length, bool) {
    if (flat_depth_ == 0) frames_.back().key.assign(text, length);
    return true;
  }
  bool StartObject() {
    if (flat_depth_ > 0) return false;  // an object among numbers
    return push(Value::object());
  }
  bool EndObject(unsigned) { return pop(); }
  bool StartArray() {
    if (flat_depth_ == 0 && !starts_data()) return push(Value::array());
    if (flat_depth_ == 0) arrays_.emplace_back();
    return ++flat_depth_ + frames_.size() <= k_depth;
  }
  bool EndArray(unsigned) {
    if (flat_depth_ == 0) return pop();
    if (--flat_depth_ > 0) return true;
    return put(Value::binary({}, arrays_.size() - 1));
  }

 private:
  struct Frame {
    Value value;
    std::string key;
  };

  [[nodiscard]] bool starts_data() const {
    return flatten_ == Flatten::infer_data && frames_.size() == 3 && frames_[0].key == "inputs" &&
           frames_[1].value.is_array() && frames_[2].key == "data";
  }
  bool flat(FlatValues::Kind kind, std::uint64_t bits) {
    arrays_.back().add(kind, bits);
    return true;
  }
  bool push(Value value) {
    frames_.push_back({std::move(value), {}});
    return frames_.size() <= k_depth;
  }
  bool pop() {
    Value value = std::move(frames_.back().value);
    frames_.pop_back();
    return put(std::move(value));
  }
  bool put(Value value) {
    if (frames_.empty()) {
      root_ = std::move(value);
    } else if (Frame& top = frames_.back(); top.value.is_array()) {
      top.value.push_back(std::move(value));
    } else {
      top.value.emplace(top.key, std::move(value));  // does nothing for a key that is there: the first wins
      return std::is_same_v<Value, Json> || top.value.size() <= k_ordered_members;
    }
    return true;
  }

  Value& root_;
  std::vector<FlatValues>& arrays_;
  Flatten flatten_;
  std::vector<Frame> frames_;
  std::size_t flat_depth_ = 0;
};

template <typename Value>
void parse(std::string_view text, Value& root, std::vector<FlatValues>& arrays, Flatten flatten) {
  Builder<Value> builder(root, arrays, flatten);
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<k_flags>(stream, builder);
  if (result.Code() == rapidjson::kParseErrorTermination)
    throw input_error(fmt::format("It is nested too deep, or an object stands among numbers. at {}", result.Offset()));
  if (result.IsError())
    throw input_error(fmt::format("{} at {}", rapidjson::GetParseError_En(result.Code()), result.Offset()));
  if (stream.Tell() != text.size())  // a NUL ends the text for the parser
    throw input_error(fmt::format("The document root must not be followed by other values. at {}", stream.Tell()));
}

void append(std::string& out, const Json& value) {
  if (value.is_object() || value.is_array()) {
    const bool object = value.is_object();
    out.push_back(object ? '{' : '[');
    bool first = true;
    for (auto at = value.begin(); at != value.end(); ++at) {
      if (!first) out.push_back(',');
      first = false;
      if (object) {
        append_text(out, at.key());
        out.push_back(':');
      }
      append(out, *at);
    }
    out.push_back(object ? '}' : ']');
  } else if (value.is_number_float()) {
    append_number(out, value.get<double>());
  } else if (value.is_string()) {
    append_text(out, value.get_ref<const std::string&>());
  } else {
    out += value.dump();
  }
}

template <typename Number>
void append_shortest(std::string& out, Number value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "Infinity" : "-Infinity";
  } else {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    out.append(buffer, end);
    // A reader that tells integers from fractions shall see a fraction.
    if (std::string_view(buffer, static_cast<std::size_t>(end - buffer)).find_first_of(".e") == std::string_view::npos)
      out += ".0";
  }
}

}  // namespace

WireDocument parse_wire_json(std::string_view text, Flatten flatten) {
  WireDocument document;
  parse(text, document.root, document.arrays, flatten);
  return document;
}

OrderedJson parse_ordered_json(std::string_view text) {
  OrderedJson root;
  std::vector<FlatValues> none;
  parse(text, root, none, Flatten::nothing);
  return root;
}

FlatValues* flattened(WireDocument& document, const Json& value) {
  if (!value.is_binary()) return nullptr;
  return &document.arrays.at(value.get_binary().subtype());
}

std::string wire_json(const Json& value) {
  std::string out;
  append(out, value);
  return out;
}

void append_number(std::string& out, double value) { append_shortest(out, value); }
void append_number(std::string& out, float value) { append_shortest(out, value); }

void append_text(std::string& out, std::string_view text) {
  if (!is_utf8(text)) return append_text(out, to_utf8(text));
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out.push_back('\\');
    if (byte < 0x20 || byte == 0x7f)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    else
      out.push_back(c);
  }
  out.push_back('"');
}

}  // namespace mlops::web
