// What is judged: a sealed run whose code, data, parameters and results are those of a commit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ci/revision.h"
#include "register/models.h"
#include "train/runs.h"

namespace mlops::ci {

struct Candidate {
  std::optional<train::RunEntry> run;
  // From the registry, or made of the run: number 0, the run's metrics.
  registry::ModelVersion version;
  // Why the run is none of the commit, each a few words; empty = it is one.
  std::vector<std::string> differences;

  [[nodiscard]] bool is_run_of_head() const { return run && differences.empty(); }
  // The run's stage, null where it has none of that name.
  [[nodiscard]] Json stage(const std::string& name) const;
};

// `name`: "" = the newest finished run that is one of `head`, else the newest one with its differences; a run, or a
// model version ("churn:7"). `model` is what a run's model would be called. Throws Error(input) for a name of nothing.
Candidate find_candidate(data::Repository& repository, const Revision& head, const std::string& name,
                         const std::string& model);
// A version of the registry as it is, without looking at any commit (register promote).
Candidate candidate_of(data::Repository& repository, registry::ModelVersion version);

// In what a run differs from a commit (share/doc/ci.md, "Which run"): its state, its code, its stages with commands,
// parameters and dependencies, and results that no sealed run made.
std::vector<std::string> differences(data::Repository& repository, const Revision& head, const Json& run);

// Did a sealed run with the command, dependencies and parameters of `stage` (of a run's record) make this output? An
// entry of the run cache says so, or a run in which the stage ran.
bool was_made(data::Repository& repository, const Json& stage, const std::string& path, const Id& object);

}  // namespace mlops::ci
