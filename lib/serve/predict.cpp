#include "serve/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "serve/frame.h"
#include "serve/traffic_table.h"

namespace mlops::serve {
namespace {

constexpr std::int64_t k_batch = 4096;

bool numeric(const table::Column& column) {
  return column.kind == table::Kind::boolean || column.kind == table::Kind::integer || column.kind == table::Kind::real;
}

// What the model sees: without names to go by, texts beside the numbers are no features.
table::Table features(const Model& model, const table::Table& table) {
  const TensorInfo& info = model.interface.inputs.front();
  const auto names = model.columns(info);
  const bool named = model.interface.inputs.size() > 1 || model.has_column_names(info) ||
                     (!names.empty() && std::all_of(names.begin(), names.end(),
                                                    [&](const auto& name) { return table.find(name) != nullptr; }));
  if (named || info.type == DataType::BYTES) return table;
  table::Table out;
  out.rows = table.rows;
  std::copy_if(table.columns.begin(), table.columns.end(), std::back_inserter(out.columns), numeric);
  return out;
}

std::int64_t batch_size(const Model& model, std::int64_t rows) {
  for (const auto& info : model.interface.inputs) {
    const std::int64_t fixed = info.any_rank || info.shape.empty() ? -1 : info.shape.front();
    if (fixed > 0 && rows % fixed != 0)
      throw SchemaError(fmt::format("the model takes exactly {} rows at a time, and there are {}", fixed, rows));
    if (fixed > 0) return fixed;
  }
  return k_batch;
}

Tensor slice(const Tensor& tensor, std::int64_t from, std::int64_t rows) {
  Tensor out{tensor.type, tensor.shape};
  out.shape.front() = rows;
  const std::uint64_t width =
      element_count(tensor.shape) / static_cast<std::uint64_t>(std::max<std::int64_t>(tensor.shape.front(), 1));
  const auto first = static_cast<std::ptrdiff_t>(static_cast<std::uint64_t>(from) * width),
             count = static_cast<std::ptrdiff_t>(static_cast<std::uint64_t>(rows) * width);
  if (tensor.type == DataType::BYTES) {
    out.texts.assign(tensor.texts.begin() + first, tensor.texts.begin() + first + count);
  } else {
    const auto size = static_cast<std::ptrdiff_t>(width_of(tensor.type));
    out.bytes.assign(tensor.bytes.begin() + first * size, tensor.bytes.begin() + (first + count) * size);
  }
  return out;
}

void check_rows(const Model& model, const std::vector<Tensor>& outputs, std::int64_t rows) {
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i].shape.empty() || outputs[i].shape.front() != rows)
      throw state_error(fmt::format("output '{}' of model '{}' has shape {} for {} rows: it is no prediction a row",
                                    model.interface.outputs[i].name, model.name, to_text(outputs[i].shape), rows));
}

table::Table run(const Model& model, const std::vector<Tensor>& inputs, std::int64_t rows,
                 const PredictOptions& options) {
  std::vector<std::size_t> wanted(model.interface.outputs.size());
  std::iota(wanted.begin(), wanted.end(), std::size_t{0});
  const std::shared_ptr<const Model> unowned(std::shared_ptr<const Model>(), &model);
  TrafficTable collected;
  const std::int64_t batch = batch_size(model, rows);
  for (std::int64_t from = 0; from < rows && !options.stop.stop_requested(); from += batch) {
    const std::int64_t count = std::min(batch, rows - from);
    std::vector<Tensor> part;
    for (const auto& input : inputs) part.push_back(slice(input, from, count));
    Call call;
    call.model = unowned;
    call.outputs = model.session->run(part, wanted);
    check_rows(model, call.outputs, count);
    call.output_indexes = wanted;
    call.rows = count;
    collected.add(call);
    if (options.progress != nullptr) options.progress->advance(static_cast<std::uint64_t>(count));
  }
  return collected.finish();
}

}  // namespace

table::Table predict(const Model& model, const table::Table& table, const PredictOptions& options) {
  if (model.interface.inputs.empty()) throw SchemaError("the model has no inputs");
  const table::Table used = features(model, table);
  const auto inputs = inputs_from_frame(frame_of(used), model);
  if (options.progress != nullptr) options.progress->start("predict", table.rows);
  const table::Table results = run(model, inputs, static_cast<std::int64_t>(table.rows), options);
  table::Table out;
  out.rows = table.rows;
  if (!options.only) out.columns = table.columns;
  for (table::Column column : results.columns) {
    if (!column.name.starts_with("out.")) continue;
    column.name.erase(0, 4);
    if (out.find(column.name) != nullptr) column.name.insert(0, "predicted.");
    out.add(std::move(column));
  }
  return out;
}

}  // namespace mlops::serve
