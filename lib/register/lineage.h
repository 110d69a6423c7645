// Where something comes from and what came of it, across everything: data, code, features ↔ runs ↔ models ↔ deployments
// ↔ alarms ↔ jobs. Read from sealed records by the ids that they name; each step is a look-up in an index, never a
// scan.
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"
#include "register/models.h"
#include "train/runs.h"

namespace mlops::registry {

struct LineageNode {
  std::string kind;   // prediction model run code data features params environment promotion gate deployment window
                      // alarm job more
  std::string title;  // one line for people
  Json facts;         // ids and values, for --json
  std::vector<LineageNode> from;  // what it was made of and, where `made`, what was made of it
  std::string id{};               // the same thing has the same one wherever it is met: "run:ab12…"
  bool made = false;              // of (or because of) the node above; else the node above was made of this
};

struct LineageOptions {
  std::size_t breadth = 20;  // things of one kind below a node, the newest; 0 = all
};

// Backward: model ← run ← code, data, features, parameters, environment; when it was promoted, by which gates, in whose
// place. Forward: deployments → alarms → jobs → runs → models.
LineageNode lineage_of_model(data::Repository& repository, const ModelVersion& model,
                             const LineageOptions& options = {});
// Backward, and the models that were made of the run, with what came of them.
LineageNode lineage_of_run(data::Repository& repository, const train::RunEntry& run,
                           const LineageOptions& options = {});
// Forward: version of data → training sets and runs that read or made it → models → …
LineageNode lineage_of_data(data::Repository& repository, const store::ObjectRef& object, const std::string& label,
                            const LineageOptions& options = {});
// Forward: the runs whose code was this commit (40 digits).
LineageNode lineage_of_code(data::Repository& repository, const std::string& commit, const std::string& subject,
                            const LineageOptions& options = {});
// Forward: the newest definition of a feature view or service, and earlier ones → training sets → runs …, deployments.
// Throws Error(input) with the nearest name.
LineageNode lineage_of_features(data::Repository& repository, const std::string& name,
                                const LineageOptions& options = {});
// A prediction that version `record` gave at `time`: the model backward, and the deployments that served it then.
LineageNode lineage_of_prediction(data::Repository& repository, LineageNode prediction, const Id& record, Micros time);

// {"kind", "title", "id", "facts", "made", "from": [the same, nested]}, and of the whole "nodes": [{id, kind, title,
// facts}] and "edges":
// [{"from", "to"}], from what was used to what was made of it.
Json to_json(const LineageNode& root);

}  // namespace mlops::registry
