#include "values.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace mlops::serve {
namespace {

// In the order of DataType.
constexpr ONNXTensorElementDataType k_types[] = {
    ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL,    ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8,   ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32,  ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64,  ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16,   ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,   ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,   ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING,  ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16};

Ort::Value text_value(const Tensor& tensor, OrtAllocator* allocator) {
  Ort::Value out = Ort::Value::CreateTensor(allocator, tensor.shape.data(), tensor.shape.size(),
                                            ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING);
  for (std::size_t i = 0; i < tensor.texts.size(); ++i) {
    const std::string& text = tensor.texts[i];  // may hold NUL: not a C string
    std::memcpy(out.GetResizedStringTensorElementBuffer(i, text.size()), text.data(), text.size());
  }
  return out;
}

std::vector<std::string> texts_of(const Ort::Value& value, std::size_t count) {
  std::string all(value.GetStringTensorDataLength(), '\0');
  std::vector<std::size_t> offsets(count);
  if (count > 0) value.GetStringTensorContent(all.data(), all.size(), offsets.data(), count);
  std::vector<std::string> out;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = i + 1 < count ? offsets[i + 1] : all.size();
    out.push_back(all.substr(offsets[i], end - offsets[i]));
  }
  return out;
}

Tensor dense(const Ort::Value& value, const TensorInfo& info) {
  const auto type_and_shape = value.GetTensorTypeAndShapeInfo();
  if (type_and_shape.GetElementType() != to_onnx(info.type))
    throw state_error("output '" + info.name + "' has another type than the model declares");
  Tensor out{info.type, type_and_shape.GetShape()};
  const std::size_t count = type_and_shape.GetElementCount();
  if (info.type == DataType::BYTES) {
    out.texts = texts_of(value, count);
  } else {
    const auto* first = static_cast<const std::byte*>(value.GetTensorRawData());
    out.bytes.assign(first, first + count * width_of(info.type));
  }
  return out;
}

// The keys of one map as texts.
std::vector<std::string> keys_of(const Ort::Value& keys) {
  const auto info = keys.GetTensorTypeAndShapeInfo();
  const std::size_t count = info.GetElementCount();
  if (info.GetElementType() == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) return texts_of(keys, count);
  std::vector<std::string> out;
  const auto* numbers = keys.GetTensorData<std::int64_t>();
  for (std::size_t i = 0; i < count; ++i) out.push_back(std::to_string(numbers[i]));
  return out;
}

Tensor zipmap(const Ort::Value& value, const TensorInfo& info) {
  Ort::AllocatorWithDefaultOptions allocator;
  const std::size_t rows = value.GetCount(), classes = info.labels.size(), width = width_of(info.type);
  Tensor out{info.type,
             {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(classes)},
             std::vector<std::byte>(rows * classes * width)};
  for (std::size_t row = 0; row < rows; ++row) {
    const Ort::Value map = value.GetValue(static_cast<int>(row), allocator);
    const auto keys = keys_of(map.GetValue(0, allocator));
    const Ort::Value values = map.GetValue(1, allocator);
    const auto* data = static_cast<const std::byte*>(values.GetTensorRawData());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto at = std::find(info.labels.begin(), info.labels.end(), keys[i]);
      if (at == info.labels.end()) continue;
      const auto column = static_cast<std::size_t>(at - info.labels.begin());
      std::memcpy(out.bytes.data() + (row * classes + column) * width, data + i * width, width);
    }
  }
  return out;
}

}  // namespace

ONNXTensorElementDataType to_onnx(DataType type) { return k_types[static_cast<std::size_t>(type)]; }

Ort::Value to_value(const Tensor& tensor, const OrtMemoryInfo* memory, OrtAllocator* allocator) {
  if (tensor.type == DataType::BYTES) return text_value(tensor, allocator);
  static std::byte empty[8];
  void* data = tensor.bytes.empty() ? empty : const_cast<std::byte*>(tensor.bytes.data());  // inputs are only read
  return Ort::Value::CreateTensor(memory, data, tensor.bytes.size(), tensor.shape.data(), tensor.shape.size(),
                                  to_onnx(tensor.type));
}

Tensor to_tensor(Ort::Value& value, const TensorInfo& info) {
  return value.IsTensor() ? dense(value, info) : zipmap(value, info);
}

}  // namespace mlops::serve
