// What a model is monitored with: the table it was trained on, and what it was asked since.
#pragma once

#include <string>

#include "base/time.h"
#include "data/repository.h"
#include "table_input.h"

namespace mlops {

// "12h" ago, or a time; "" = 0, everything. Throws Error(usage).
Micros parse_since(const std::string& text);
// The model's logged inputs under their own names; `since` 0 = all. Throws Error(input) where there are none.
NamedTable read_traffic_table(data::Repository& repository, const std::string& model, Micros since);
// Of the tables that the model's run read, the one with most columns of `current`. Throws Error(input) where none has
// any.
NamedTable read_training_table(data::Repository& repository, const std::string& model, const table::Table& current);

}  // namespace mlops
