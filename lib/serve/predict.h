// Batch predictions: a model over the rows of a table.
#pragma once

#include <stop_token>

#include "base/progress.h"
#include "serve/model.h"
#include "table/table.h"

namespace mlops::serve {

struct PredictOptions {
  bool only = false;  // just the predictions, without the columns that were given
  Progress* progress = nullptr;
  std::stop_token stop{};
};

// The table with the model's outputs as further columns: named by the signature's columns or labels, else OUTPUT or
// OUTPUT_0…; a name that is taken gets "predicted." in front. Columns go in by name, or all numeric ones in their order
// where the model has one input without names. Throws SchemaError, Error(input) naming row and column, Error(state)
// from the model.
table::Table predict(const Model& model, const table::Table& table, const PredictOptions& options = {});

}  // namespace mlops::serve
