// Tensors from and to JSON values.
#pragma once

#include <string>

#include "serve/tensor.h"
#include "serve/wire_json.h"

namespace mlops::serve {

// Throws Error(input) naming the input when a value is of the wrong kind or out of range, or their number is not what
// the shape says (a shape with a zero takes any number and drops them). FP16 and BF16 have no JSON form.
Tensor tensor_from_values(DataType type, const Shape& shape, FlatValues& values, const std::string& input);

// "[1.0,2.0]": flat, row-major. Throws Error(input) for FP16 and BF16 and for BYTES that are not UTF-8.
void append_values(std::string& out, const Tensor& tensor, const std::string& output);

}  // namespace mlops::serve
