// MLflow's scoring protocol: tables and tensors in JSON, CSV or Parquet to a model's inputs, outputs to "predictions".
// https://mlflow.org/docs/latest/genai/deployment (REST API for scoring)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/frame.h"
#include "serve/model.h"

namespace mlops::serve {

class FeatureInputs;

// Tensors in the model's order. `media_type` is application/json, text/csv or application/vnd.apache.parquet. Columns
// side by side are the one 2-D input, or one input each where the names match. Throws Error(input), SchemaError.
// `features` completes rows that have its join keys; null: nothing does.
std::vector<Tensor> parse_scoring(std::string_view media_type, std::string_view body, const Model& model,
                                  const FeatureInputs* features = nullptr);

// {"predictions": {"OUTPUT": nested arrays, …}}
std::string write_predictions(const Model& model, const std::vector<Tensor>& outputs);

}  // namespace mlops::serve
