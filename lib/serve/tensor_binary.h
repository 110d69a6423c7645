// Tensors from and to the raw bytes of the binary tensor extension: little-endian, row-major, no padding; a BYTES
// element is its length (u32) and its bytes.
#pragma once

#include <string>
#include <string_view>

#include "serve/tensor.h"

namespace mlops::serve {

// Throws Error(input) when `bytes` are not exactly what the shape says, or a BOOL is neither 0 nor 1.
Tensor tensor_from_binary(DataType type, const Shape& shape, std::string_view bytes, const std::string& input,
                          const std::string& model);
std::size_t binary_size(const Tensor& tensor);
void append_binary(std::string& out, const Tensor& tensor);

}  // namespace mlops::serve
