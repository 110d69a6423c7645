// Which tables a model was trained on: what its run read to make it.
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"
#include "register/models.h"

namespace mlops::registry {

struct TrainingTable {
  std::string path;  // in the work tree at that time; its extension tells the format
  Id file;
};

// The table files (csv, tsv, parquet, jsonl, arrow, feather) among the dependencies of the stage that made the model,
// also those inside directories; in the order of the record. Empty for a model without a run, or one that read no
// table.
std::vector<TrainingTable> training_tables(data::Repository& repository, const ModelVersion& model);

// The same of a run's record, by the stage that made `path`; "" = every dependency that is versioned data.
std::vector<TrainingTable> training_tables(const store::Store& store, const Json& run, const std::string& path);

}  // namespace mlops::registry
