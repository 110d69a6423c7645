// One value into a tensor whose room is there already: numbers become the tensor's type where that is exact (a fraction
// may be rounded to FP32).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "serve/tensor.h"

namespace mlops::serve {

// A tensor of zeros or empty texts.
Tensor blank(DataType type, Shape shape);

// Throw Error(input) naming `place` when the value can't become the tensor's type.
void put_integer(Tensor& tensor, std::size_t at, std::int64_t value, std::string_view place);
void put_fraction(Tensor& tensor, std::size_t at, double value, std::string_view place);
void put_boolean(Tensor& tensor, std::size_t at, bool value, std::string_view place);
void put_text(Tensor& tensor, std::size_t at, std::string_view value, std::string_view place);

}  // namespace mlops::serve
