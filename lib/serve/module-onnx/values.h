// Between our tensors and the runtime's values.
#pragma once

#include <onnxruntime_cxx_api.h>

#include "serve/tensor.h"

namespace mlops::serve {

ONNXTensorElementDataType to_onnx(DataType type);
// Borrows the tensor's bytes (texts are copied): the value must not outlive it.
Ort::Value to_value(const Tensor& tensor, const OrtMemoryInfo* memory, OrtAllocator* allocator);
// A tensor, or a ZipMap's sequence of maps as [rows, labels] in the order of the labels.
Tensor to_tensor(Ort::Value& value, const TensorInfo& info);

}  // namespace mlops::serve
