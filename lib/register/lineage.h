// Where a model comes from, and what came of a version of data: read from sealed records alone.
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"
#include "register/models.h"
#include "train/runs.h"

namespace mlops::registry {

struct LineageNode {
  std::string kind;   // prediction model run code data params environment stage alias
  std::string title;  // one line for people
  Json facts;         // ids and values, for --json
  std::vector<LineageNode> from;  // what it was made of, or (forward) what was made of it
};

// Backward: model ← run ← code, data, parameters, environment.
LineageNode lineage_of_model(data::Repository& repository, const ModelVersion& model);
// Backward, and the models that were made of the run.
LineageNode lineage_of_run(data::Repository& repository, const train::RunEntry& run);
// Forward: version of data → runs that read or made it → models → aliases.
LineageNode lineage_of_data(data::Repository& repository, const store::ObjectRef& object, const std::string& label);

Json to_json(const LineageNode& node);

}  // namespace mlops::registry
