#include "serve/classification.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace mlops::serve {
namespace {

template <typename T>
std::vector<double> as_doubles(const Tensor& tensor) {
  const auto* values = tensor.data<T>();
  return {values, values + tensor.bytes.size() / sizeof(T)};
}

std::vector<double> values_of(const Tensor& tensor, const std::string& output) {
  switch (tensor.type) {
    case DataType::BOOL:
    case DataType::UINT8:
      return as_doubles<std::uint8_t>(tensor);
    case DataType::UINT16:
      return as_doubles<std::uint16_t>(tensor);
    case DataType::UINT32:
      return as_doubles<std::uint32_t>(tensor);
    case DataType::UINT64:
      return as_doubles<std::uint64_t>(tensor);
    case DataType::INT8:
      return as_doubles<std::int8_t>(tensor);
    case DataType::INT16:
      return as_doubles<std::int16_t>(tensor);
    case DataType::INT32:
      return as_doubles<std::int32_t>(tensor);
    case DataType::INT64:
      return as_doubles<std::int64_t>(tensor);
    case DataType::FP32:
      return as_doubles<float>(tensor);
    case DataType::FP64:
      return as_doubles<double>(tensor);
    default:
      throw input_error(fmt::format("output '{}' of type {} can't be classified", output, to_text(tensor.type)));
  }
}

bool larger(double a, double b) { return std::isnan(b) ? !std::isnan(a) : a > b; }

std::string show(double value, std::size_t index, const TensorInfo& info) {
  const std::string number = std::isnan(value) ? "nan" : fmt::format("{:f}", value);
  return index < info.labels.size() ? fmt::format("{}:{}:{}", number, index, info.labels[index])
                                    : fmt::format("{}:{}", number, index);
}

}  // namespace

Tensor classify(const Tensor& tensor, std::uint64_t k, const TensorInfo& info) {
  const auto values = values_of(tensor, info.name);
  const std::size_t rows = tensor.shape.empty() ? 1 : static_cast<std::size_t>(tensor.shape.front());
  const std::size_t width = rows == 0 ? 0 : values.size() / rows;
  const std::size_t take = std::min<std::uint64_t>(k, width);
  Tensor out{DataType::BYTES, {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(take)}};
  std::vector<std::size_t> order(width);
  for (std::size_t row = 0; row < rows; ++row) {
    const double* first = values.data() + row * width;
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return larger(first[a], first[b]); });
    for (std::size_t i = 0; i < take; ++i) out.texts.push_back(show(first[order[i]], order[i], info));
  }
  return out;
}

}  // namespace mlops::serve
