#include "ci/candidate.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "data/object_json.h"

namespace mlops::ci {
namespace {

constexpr std::size_t k_runs_looked_at = 100;  // the newest

// Which model version a run's bytes would be, for gates that take versions.
registry::ModelVersion version_of_run(const train::RunEntry& run, const std::string& model) {
  registry::ModelVersion out;
  out.name = model;
  out.body = {{"run", run.id.hex()}, {"run_id", run.run_id}, {"metrics", run.body.value("metrics", Json::object())}};
  return out;
}

// Records come from remotes too: what the gate walks through must have the shape of share/doc/records.md.
bool is_well_formed(const Json& run) {
  const auto has = [](const Json& value, const char* key, bool object) {
    return !value.contains(key) || (object ? value[key].is_object() : value[key].is_array());
  };
  if (!has(run, "stages", false) || !has(run, "metrics", true) || !has(run, "params", true) ||
      !has(run, "code", true) || !has(run, "environment", true))
    return false;
  const Json stages = run.value("stages", Json::array());
  return std::all_of(stages.begin(), stages.end(), [&](const Json& stage) {
    return stage.is_object() && has(stage, "deps", false) && has(stage, "outs", false) && has(stage, "params", true) &&
           has(stage, "metrics", true);
  });
}

Candidate of_run(data::Repository& repository, const Revision& head, train::RunEntry run, const std::string& model) {
  if (!is_well_formed(run.body))
    throw input_error("the record of run " + run.run_id.substr(0, 12) + " is malformed", "mlops fsck");
  Candidate out;
  out.version = version_of_run(run, model);
  out.differences = differences(repository, head, run.body);
  out.run = std::move(run);
  return out;
}

Candidate newest(data::Repository& repository, const Revision& head, const std::string& model) {
  std::optional<Candidate> first;
  std::size_t looked = 0;
  for (auto& run : train::list_runs(repository)) {
    if (text_or(run.body, "status") != "finished" || !run.body.contains("code") || !is_well_formed(run.body)) continue;
    if (++looked > k_runs_looked_at) break;
    Candidate one = of_run(repository, head, std::move(run), model);
    if (one.is_run_of_head()) return one;
    if (!first) first = std::move(one);
  }
  if (first) return *std::move(first);
  Candidate none;
  none.version.name = model;
  none.version.body = Json::object();
  none.differences = {"nothing ran yet: mlops train run"};
  return none;
}

}  // namespace

Json Candidate::stage(const std::string& name) const {
  if (!run) return {};
  for (const auto& stage : run->body.value("stages", Json::array()))
    if (text_or(stage, "name") == name) return stage;
  return {};
}

Candidate candidate_of(data::Repository& repository, registry::ModelVersion version) {
  Candidate out;
  const std::string run = text_or(version.body, "run_id");
  if (!run.empty()) {
    // A run that never came here still has its metrics in the version's own record.
    const auto found = repository.database().match("run", run, 1);
    if (!found.empty()) out.run = train::find_run(repository, run);
    if (out.run && !is_well_formed(out.run->body)) out.run.reset();
  }
  out.version = std::move(version);
  return out;
}

Candidate find_candidate(data::Repository& repository, const Revision& head, const std::string& name,
                         const std::string& model) {
  if (name.empty()) return newest(repository, head, model);
  if (!name.starts_with("run:"))
    if (auto version = registry::find(repository, name)) {
      Candidate out = candidate_of(repository, *std::move(version));
      if (!out.run)
        out.differences = {out.version.label() + " was not made by a run that is here"};
      else
        out.differences = differences(repository, head, out.run->body);
      // The run speaks, not the copy in the version's record.
      out.version.body["metrics"] = out.run ? out.run->body.value("metrics", Json::object()) : Json::object();
      return out;
    }
  if (name.find_first_of(":@") != std::string::npos && !name.starts_with("run:"))
    (void)registry::resolve(repository, name);
  return of_run(repository, head, train::find_run(repository, name), model);
}

}  // namespace mlops::ci
