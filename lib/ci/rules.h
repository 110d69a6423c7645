// What a candidate is asked: the charter, the gates of mlops.yaml and what the configuration protects, all of one
// commit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ci/revision.h"
#include "data/repository.h"
#include "pipeline/definition.h"
#include "problem/charter.h"

namespace mlops::ci {

struct Rules {
  std::string origin;  // "origin/main 1a2b3c4", "the work tree"
  std::optional<problem::Charter> charter;
  std::vector<pipeline::Gate> gates;         // of mlops.yaml
  std::vector<std::string> protected_paths;  // `ci: {protected: […]}` of .mlops/config.yaml: paths, folders, `*`
  std::vector<std::string> notes;            // what people have to know about where they come from

  [[nodiscard]] bool empty() const { return !charter && gates.empty(); }
};

// Throws Error(input) naming revision, file and line.
Rules rules_of(const Revision& revision);
// Those of the target. A charter or a pipeline that it does not have yet is taken from `head`, with a note.
Rules rules_for(const Revision& target, const Revision& head);
// Of the work tree, for who promotes by hand.
Rules rules_here(const data::Repository& repository);

// The thresholds of the charter, where it is about this model, and the gates of mlops.yaml; none twice.
std::vector<pipeline::Gate> metric_gates(const Rules& rules, const std::string& model);

}  // namespace mlops::ci
