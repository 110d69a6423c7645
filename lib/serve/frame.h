// Named columns of cells on their way into a model's inputs: data frames in requests, tables in files.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "serve/model.h"

namespace mlops::table {
struct Table;
}

namespace mlops::serve {

// What doesn't fit the model's names or shapes.
struct SchemaError : Error {
  explicit SchemaError(std::string text) : Error(ErrorKind::input, std::move(text)) {}
};

struct Frame {
  std::vector<std::string> columns;
  std::size_t rows = 0;
  // Puts one cell into a tensor (cell.h).
  std::function<void(std::size_t row, std::size_t column, Tensor& tensor, std::size_t at)> put;
};

// Nulls become NaN where the tensor has one, and are refused elsewhere. `table` must outlive the frame.
Frame frame_of(const table::Table& table);

// The model's inputs from a frame's columns: by the signature's names in any order (what is left over is dropped), by
// the inputs' own names, or all columns in their order for a single input without names. Throws SchemaError.
std::vector<Tensor> inputs_from_frame(const Frame& frame, const Model& model);
// One of them.
Tensor input_from_frame(const Frame& frame, const Model& model, std::size_t input);
// The columns that inputs_from_frame takes, input by input.
std::vector<std::vector<std::size_t>> columns_for(const Frame& frame, const Model& model);

}  // namespace mlops::serve
