#include "serve/cell.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <type_traits>

#include "base/error.h"
#include "base/text.h"

namespace mlops::serve {
namespace {

[[noreturn]] void unfit(std::string_view place, const std::string& what, DataType type) {
  throw input_error(fmt::format("{}: {} can't become {}", printable(place), printable(what), to_text(type)));
}

template <typename T>
bool store_integer(Tensor& tensor, std::size_t at, std::int64_t value) {
  const auto narrow = static_cast<T>(value);
  tensor.data<T>()[at] = narrow;
  return static_cast<std::int64_t>(narrow) == value && (value >= 0) == (narrow >= T{0});
}

// Every integer that FP32 or FP64 holds exactly.
template <typename T>
bool store_exact(Tensor& tensor, std::size_t at, std::int64_t value) {
  constexpr std::int64_t k_exact = std::int64_t{1} << std::numeric_limits<T>::digits;
  tensor.data<T>()[at] = static_cast<T>(value);
  return value >= -k_exact && value <= k_exact;
}

bool store(Tensor& tensor, std::size_t at, std::int64_t value) {
  switch (tensor.type) {
    case DataType::BOOL:
      return store_integer<std::uint8_t>(tensor, at, value) && (value == 0 || value == 1);
    case DataType::UINT8:
      return store_integer<std::uint8_t>(tensor, at, value);
    case DataType::UINT16:
      return store_integer<std::uint16_t>(tensor, at, value);
    case DataType::UINT32:
      return store_integer<std::uint32_t>(tensor, at, value);
    case DataType::UINT64:
      return store_integer<std::uint64_t>(tensor, at, value);
    case DataType::INT8:
      return store_integer<std::int8_t>(tensor, at, value);
    case DataType::INT16:
      return store_integer<std::int16_t>(tensor, at, value);
    case DataType::INT32:
      return store_integer<std::int32_t>(tensor, at, value);
    case DataType::INT64:
      return store_integer<std::int64_t>(tensor, at, value);
    case DataType::FP32:
      return store_exact<float>(tensor, at, value);
    case DataType::FP64:
      return store_exact<double>(tensor, at, value);
    default:
      return false;
  }
}

}  // namespace

Tensor blank(DataType type, Shape shape) {
  Tensor out{type, std::move(shape)};
  const std::uint64_t count = element_count(out.shape);
  if (type == DataType::BYTES)
    out.texts.resize(count);
  else
    out.bytes.resize(count * width_of(type));
  return out;
}

void put_integer(Tensor& tensor, std::size_t at, std::int64_t value, std::string_view place) {
  if (!store(tensor, at, value)) unfit(place, std::to_string(value), tensor.type);
}

void put_fraction(Tensor& tensor, std::size_t at, double value, std::string_view place) {
  if (tensor.type == DataType::FP32) {
    tensor.data<float>()[at] = static_cast<float>(value);
  } else if (tensor.type == DataType::FP64) {
    tensor.data<double>()[at] = value;
  } else if (std::trunc(value) == value && std::abs(value) < 0x1p53) {
    put_integer(tensor, at, static_cast<std::int64_t>(value), place);
  } else {
    unfit(place, show_double(value), tensor.type);
  }
}

void put_boolean(Tensor& tensor, std::size_t at, bool value, std::string_view place) {
  if (tensor.type == DataType::BYTES) unfit(place, value ? "true" : "false", tensor.type);
  put_integer(tensor, at, value ? 1 : 0, place);
}

void put_text(Tensor& tensor, std::size_t at, std::string_view value, std::string_view place) {
  if (tensor.type != DataType::BYTES) unfit(place, fmt::format("\"{}\"", value.substr(0, 100)), tensor.type);
  tensor.texts[at] = value;
}

}  // namespace mlops::serve
