// What a model is monitored with: the table it was trained on, and what it was asked since.
#pragma once

#include <string>

#include "base/time.h"
#include "data/repository.h"
#include "table_input.h"

namespace mlops {

struct ModelTables {
  std::string model;  // "churn:7"
  NamedTable reference, current;
};

// `since` 0 = all traffic. Throws Error(input) for a model without a training table or without traffic.
ModelTables read_model_tables(data::Repository& repository, const std::string& model, Micros since);

}  // namespace mlops
