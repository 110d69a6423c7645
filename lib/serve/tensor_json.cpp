#include "serve/tensor_json.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <limits>
#include <type_traits>

#include "base/error.h"
#include "base/text.h"

namespace mlops::serve {
namespace {

using Kind = FlatValues::Kind;

[[noreturn]] void wrong_value(DataType type, const std::string& input, std::size_t position, const char* what) {
  throw input_error(
      fmt::format("Unable to parse 'data': value {} of input '{}' {} {}", position, input, what, to_text(type)));
}

const char* kind_problem(Kind kind) {
  switch (kind) {
    case Kind::null:
      return "is null, which is no";
    case Kind::boolean:
      return "is a bool, not";
    case Kind::text:
      return "is a text, not";
    case Kind::fraction:
      return "is a fraction, not";
    default:
      return "is a number, not";
  }
}

template <typename T>
bool in_range(const FlatValues& values, std::size_t i) {
  if (values.kind(i) == Kind::natural) return std::is_same_v<T, std::uint64_t>;
  const auto value = static_cast<std::int64_t>(values.bits(i));
  if constexpr (std::is_same_v<T, std::uint64_t>) return value >= 0;
  return value >= static_cast<std::int64_t>(std::numeric_limits<T>::min()) &&
         (sizeof(T) == 8 || value <= static_cast<std::int64_t>(std::numeric_limits<T>::max()));
}

template <typename T>
void fill_integers(Tensor& out, const FlatValues& values, const std::string& input) {
  T* to = out.data<T>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values.kind(i) != Kind::integer && values.kind(i) != Kind::natural)
      wrong_value(out.type, input, i, kind_problem(values.kind(i)));
    if (!in_range<T>(values, i)) wrong_value(out.type, input, i, "is out of range for");
    to[i] = static_cast<T>(values.bits(i));
  }
}

template <typename T>
void fill_fractions(Tensor& out, const FlatValues& values, const std::string& input) {
  T* to = out.data<T>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t bits = values.bits(i);
    switch (values.kind(i)) {
      case Kind::fraction:
        to[i] = static_cast<T>(std::bit_cast<double>(bits));
        break;  // 1e39 is Infinity as FP32
      case Kind::integer:
        to[i] = static_cast<T>(static_cast<std::int64_t>(bits));
        break;
      case Kind::natural:
        to[i] = static_cast<T>(bits);
        break;
      default:
        wrong_value(out.type, input, i, kind_problem(values.kind(i)));
    }
  }
}

void fill_booleans(Tensor& out, const FlatValues& values, const std::string& input) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values.kind(i) != Kind::boolean) wrong_value(out.type, input, i, kind_problem(values.kind(i)));
    out.bytes[i] = static_cast<std::byte>(values.bits(i));
  }
}

void fill_texts(Tensor& out, FlatValues& values, const std::string& input) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values.kind(i) != Kind::text) wrong_value(out.type, input, i, kind_problem(values.kind(i)));
    out.texts.push_back(std::move(values.text(i)));
  }
}

Error no_json_form(DataType type, const char* side, const std::string& name) {
  return input_error(
      fmt::format("sending {} data via JSON is not supported. Please use the binary data format for {} '{}'",
                  to_text(type), side, name));
}

template <typename T>
void append_integers(std::string& out, const Tensor& tensor) {
  const auto* values = tensor.data<T>();
  char buffer[24];
  for (std::size_t i = 0; i < tensor.bytes.size() / sizeof(T); ++i) {
    if (i > 0) out.push_back(',');
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, values[i]).ptr);
  }
}

template <typename T>
void append_fractions(std::string& out, const Tensor& tensor) {
  const auto* values = tensor.data<T>();
  for (std::size_t i = 0; i < tensor.bytes.size() / sizeof(T); ++i) {
    if (i > 0) out.push_back(',');
    append_number(out, values[i]);
  }
}

void append_booleans(std::string& out, const Tensor& tensor) {
  for (std::size_t i = 0; i < tensor.bytes.size(); ++i) {
    if (i > 0) out.push_back(',');
    out += tensor.bytes[i] != std::byte{0} ? "true" : "false";
  }
}

void append_texts(std::string& out, const Tensor& tensor, const std::string& output) {
  for (std::size_t i = 0; i < tensor.texts.size(); ++i) {
    if (!is_utf8(tensor.texts[i]))
      throw input_error(fmt::format("output '{}' holds bytes that are not UTF-8; ask for it as binary data", output));
    if (i > 0) out.push_back(',');
    append_text(out, tensor.texts[i]);
  }
}

}  // namespace

Tensor tensor_from_values(DataType type, const Shape& shape, FlatValues& values, const std::string& input) {
  if (type == DataType::FP16 || type == DataType::BF16) throw no_json_form(type, "input", input);
  const std::uint64_t count = element_count(shape);
  Tensor out{type, shape};
  if (count == 0) return out;
  if (count != values.size())
    throw input_error("Unable to parse 'data': Shape does not match true shape of 'data' field");
  out.bytes.resize(count * width_of(type));
  switch (type) {
    case DataType::BOOL:
      fill_booleans(out, values, input);
      break;
    case DataType::UINT8:
      fill_integers<std::uint8_t>(out, values, input);
      break;
    case DataType::UINT16:
      fill_integers<std::uint16_t>(out, values, input);
      break;
    case DataType::UINT32:
      fill_integers<std::uint32_t>(out, values, input);
      break;
    case DataType::UINT64:
      fill_integers<std::uint64_t>(out, values, input);
      break;
    case DataType::INT8:
      fill_integers<std::int8_t>(out, values, input);
      break;
    case DataType::INT16:
      fill_integers<std::int16_t>(out, values, input);
      break;
    case DataType::INT32:
      fill_integers<std::int32_t>(out, values, input);
      break;
    case DataType::INT64:
      fill_integers<std::int64_t>(out, values, input);
      break;
    case DataType::FP32:
      fill_fractions<float>(out, values, input);
      break;
    case DataType::FP64:
      fill_fractions<double>(out, values, input);
      break;
    default:
      fill_texts(out, values, input);
  }
  return out;
}

void append_values(std::string& out, const Tensor& tensor, const std::string& output) {
  out.push_back('[');
  switch (tensor.type) {
    case DataType::BOOL:
      append_booleans(out, tensor);
      break;
    case DataType::UINT8:
      append_integers<std::uint8_t>(out, tensor);
      break;
    case DataType::UINT16:
      append_integers<std::uint16_t>(out, tensor);
      break;
    case DataType::UINT32:
      append_integers<std::uint32_t>(out, tensor);
      break;
    case DataType::UINT64:
      append_integers<std::uint64_t>(out, tensor);
      break;
    case DataType::INT8:
      append_integers<std::int8_t>(out, tensor);
      break;
    case DataType::INT16:
      append_integers<std::int16_t>(out, tensor);
      break;
    case DataType::INT32:
      append_integers<std::int32_t>(out, tensor);
      break;
    case DataType::INT64:
      append_integers<std::int64_t>(out, tensor);
      break;
    case DataType::FP32:
      append_fractions<float>(out, tensor);
      break;
    case DataType::FP64:
      append_fractions<double>(out, tensor);
      break;
    case DataType::BYTES:
      append_texts(out, tensor, output);
      break;
    default:
      throw no_json_form(tensor.type, "output", output);
  }
  out.push_back(']');
}

}  // namespace mlops::serve
