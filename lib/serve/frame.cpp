#include "serve/frame.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "serve/cell.h"
#include "table/table.h"

namespace mlops::serve {
namespace {

using Columns = std::vector<std::size_t>;

std::optional<std::size_t> find_column(const Frame& frame, const std::string& name) {
  const auto found = std::find(frame.columns.begin(), frame.columns.end(), name);
  if (found == frame.columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - frame.columns.begin());
}

// nullopt when the frame does not have all of the names of this input.
std::optional<Columns> named_columns(const Frame& frame, const TensorInfo& info, const Model& model) {
  Columns out;
  std::vector<std::string> missing;
  for (const auto& name : model.columns(info)) {
    if (const auto column = find_column(frame, name))
      out.push_back(*column);
    else
      missing.push_back("'" + name + "'");
  }
  if (missing.empty() && !out.empty()) return out;
  if (model.has_column_names(info))
    throw SchemaError(fmt::format("Model is missing inputs [{}].", fmt::join(missing, ", ")));
  return std::nullopt;
}

Columns all_columns(const Frame& frame, const Model& model) {
  const TensorInfo& info = model.interface.inputs.front();
  const std::int64_t width = info.any_rank            ? -1
                             : info.shape.size() == 2 ? info.shape[1]
                             : info.shape.size() == 1 ? 1
                                                      : -2;
  if (model.interface.inputs.size() != 1 || width == -2)
    throw SchemaError(
        "columns side by side fit a model with one input of two dimensions, or one whose inputs have the columns' "
        "names");
  if (width >= 0 && static_cast<std::size_t>(width) != frame.columns.size())
    throw SchemaError(fmt::format("the model's input '{}' has {} columns, and {} were given", info.name, width,
                                  frame.columns.size()));
  Columns out(frame.columns.size());
  std::iota(out.begin(), out.end(), std::size_t{0});
  return out;
}

Tensor gather(const Frame& frame, const Columns& columns, const TensorInfo& info) {
  Shape shape{static_cast<std::int64_t>(frame.rows)};
  if (info.any_rank || info.shape.size() != 1) shape.push_back(static_cast<std::int64_t>(columns.size()));
  Tensor out = blank(info.type, shape);
  for (std::size_t row = 0; row < frame.rows; ++row)
    for (std::size_t i = 0; i < columns.size(); ++i) frame.put(row, columns[i], out, row * columns.size() + i);
  return out;
}

void put_null(Tensor& tensor, std::size_t at, const std::string& place) {
  if (tensor.type != DataType::FP32 && tensor.type != DataType::FP64)
    throw input_error(fmt::format("{}: a missing value can't become {}", place, to_text(tensor.type)));
  put_fraction(tensor, at, std::numeric_limits<double>::quiet_NaN(), place);
}

void put_cell(const table::Column& column, std::size_t row, Tensor& tensor, std::size_t at) {
  const std::string place = fmt::format("column \"{}\", row {}", column.name, row + 1);
  if (!column.valid(row)) return put_null(tensor, at, place);
  if (tensor.type == DataType::BYTES) return put_text(tensor, at, column.show(row), place);
  switch (column.kind) {
    case table::Kind::boolean:
      return put_boolean(tensor, at, column.booleans()[row] != 0, place);
    case table::Kind::integer:
      return put_integer(tensor, at, column.integers()[row], place);
    case table::Kind::real:
      return put_fraction(tensor, at, column.reals()[row], place);
    case table::Kind::text:
      return put_text(tensor, at, column.text(row), place);
    default:
      throw SchemaError(
          fmt::format("column \"{}\" holds {}, which no model takes", column.name, table::to_text(column.kind)));
  }
}

// Most cells are numbers for FP32: no place is worked out for those.
void put_fast(const table::Column& column, std::size_t row, Tensor& tensor, std::size_t at) {
  if (tensor.type == DataType::FP32 && column.kind == table::Kind::real && column.valid(row))
    tensor.data<float>()[at] = static_cast<float>(column.reals()[row]);
  else
    put_cell(column, row, tensor, at);
}

}  // namespace

Frame frame_of(const table::Table& table) {
  Frame out;
  for (const auto& column : table.columns) out.columns.push_back(column.name);
  out.rows = table.rows;
  out.put = [&table](std::size_t row, std::size_t column, Tensor& tensor, std::size_t at) {
    put_fast(table.columns[column], row, tensor, at);
  };
  return out;
}

std::vector<std::vector<std::size_t>> columns_for(const Frame& frame, const Model& model) {
  std::vector<Columns> out;
  for (const auto& info : model.interface.inputs) {
    auto columns = named_columns(frame, info, model);
    if (!columns) return {all_columns(frame, model)};
    out.push_back(std::move(*columns));
  }
  return out;
}

Tensor input_from_frame(const Frame& frame, const Model& model, std::size_t input) {
  const TensorInfo& info = model.interface.inputs[input];
  const auto columns = named_columns(frame, info, model);
  return gather(frame, columns ? *columns : all_columns(frame, model), info);
}

std::vector<Tensor> inputs_from_frame(const Frame& frame, const Model& model) {
  const auto columns = columns_for(frame, model);
  std::vector<Tensor> out;
  for (std::size_t i = 0; i < columns.size(); ++i) out.push_back(gather(frame, columns[i], model.interface.inputs[i]));
  return out;
}

}  // namespace mlops::serve
