// The classification extension: the k largest values of each row as "VALUE:INDEX" or "VALUE:INDEX:LABEL".
#pragma once

#include <string>
#include <vector>

#include "serve/tensor.h"

namespace mlops::serve {

// BYTES [rows, min(k, values per row)]; rows by the first dimension, NaN last. `k` > 0. Throws Error(input) for BYTES.
Tensor classify(const Tensor& tensor, std::uint64_t k, const TensorInfo& info);

}  // namespace mlops::serve
