// A dense tensor as it goes into and comes out of an engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "serve/datatype.h"

namespace mlops::serve {

using Shape = std::vector<std::int64_t>;

struct Tensor {
  DataType type = DataType::FP32;
  Shape shape{};
  std::vector<std::byte> bytes{};    // row-major, little-endian; every type but BYTES
  std::vector<std::string> texts{};  // BYTES

  template <typename T>
  [[nodiscard]] const T* data() const {
    return reinterpret_cast<const T*>(bytes.data());
  }
  template <typename T>
  [[nodiscard]] T* data() {
    return reinterpret_cast<T*>(bytes.data());
  }
};

// Elements of a shape without negative dimensions. Throws Error(input) on overflow of 2^62 bytes' worth.
std::uint64_t element_count(const Shape& shape);
// "[-1,4]"
std::string to_text(const Shape& shape);

// What a model declares about one of its inputs or outputs; -1 = any size.
struct TensorInfo {
  std::string name;
  DataType type = DataType::FP32;
  Shape shape{};
  bool any_rank = false;
  std::vector<std::string> labels{};  // class names of the last dimension, where the model gives them
};

}  // namespace mlops::serve
