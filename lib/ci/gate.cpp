#include "ci/gate.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "ci/gates/gates.h"
#include "data/object_json.h"

namespace mlops::ci {
namespace {

std::string model_of(data::Repository& repository, const Rules& rules) {
  if (rules.charter) return rules.charter->name;
  const auto names = registry::model_names(repository);
  return names.size() == 1 ? names.front() : "";  // with several, only a charter says which
}

std::optional<registry::ModelVersion> champion_of(data::Repository& repository, const std::string& model,
                                                  const std::string& alias) {
  return model.empty() ? std::nullopt : registry::find(repository, model + "@" + alias);
}

Branch branch_of(Revision head, Revision target, const GateOptions& options, Job job) {
  code::Git& git = head.git();
  const std::string base = git.merge_base(target.commit().id, head.commit().id).value_or(target.commit().id);
  auto edited = git.differences(base, head.commit().id).value_or(std::vector<code::Git::Change>{});
  const auto at_target =
      git.differences(target.commit().id, head.commit().id).value_or(std::vector<code::Git::Change>{});
  std::erase_if(edited, [&](const auto& change) {
    return std::none_of(at_target.begin(), at_target.end(),
                        [&](const auto& other) { return other.path == change.path; });
  });
  return {std::move(head), std::move(target), base, std::move(edited), options.allowed, std::move(job)};
}

}  // namespace

bool Branch::edits(const std::string& git_path) const {
  return std::any_of(edited.begin(), edited.end(), [&](const auto& change) { return change.path == git_path; });
}

const problem::Charter* Case::charter() const {
  return rules.charter && rules.charter->name == candidate.version.name ? &*rules.charter : nullptr;
}

bool Case::is_champion() const {
  if (!champion) return false;
  if (candidate.version.number == champion->number) return true;
  if (candidate.version.number > 0 || !candidate.run) return false;
  // Under the champion's own path: a copy beside another model makes nobody the champion.
  const std::string path = text_or(champion->body, "path");
  for (const auto& stage : candidate.run->body.value("stages", Json::array()))
    for (const auto& out : stage.value("outs", Json::array()))
      if (const auto object = data::object_of(out);
          object && object->id == champion->object.id && text_or(out, "path") == path)
        return true;
  return false;
}

const std::vector<GateKind>& gate_kinds() {
  static const std::vector<GateKind> k_table{
      {"rules", "where the rules come from, if not from the target", false, ask_rules},
      {"run", "is it a sealed run of this code and this data", false, ask_run},
      {"metric", "thresholds of problem.yaml and gates of mlops.yaml", true, ask_metrics},
      {"champion", "no worse than the version in production", true, ask_champion},
      {"data", "does the data keep the target's schemas", false, ask_data},
      {"drift", "is the training data still like the champion's", false, ask_drift},
      {"latency", "does production keep its latency", false, ask_latency},
      {"protected", "files that decide, edited by the branch", false, ask_protected},
      {"sealed", "results in git that no sealed run made", false, ask_sealed},
  };
  return k_table;
}

GateResult gate(data::Repository& repository, code::Git& git, const GateOptions& options) {
  const Job job = this_job();
  Revision head = head_of(git, repository);
  Revision target = find_target(git, repository, job, options.target);
  Rules rules = rules_for(target, head);
  if (rules.empty())
    throw state_error(rules.origin + " has neither a problem.yaml nor gates in mlops.yaml: there is nothing to ask",
                      "mlops problem init writes a charter; commit it");
  const std::string model = model_of(repository, rules);
  GateResult out{
      branch_of(std::move(head), std::move(target), options, job), {repository, std::move(rules), {}, "", {}}, {}};
  Case& judged = out.judged;
  judged.candidate = find_candidate(repository, out.branch.head, options.candidate, model);
  judged.alias = judged.charter() != nullptr ? judged.charter()->alias : "prod";
  judged.champion = champion_of(repository, judged.candidate.version.name, judged.alias);
  judged.branch = &out.branch;
  for (const auto& kind : gate_kinds()) kind.ask(judged, out.rows);
  judged.branch = nullptr;
  return out;
}

Promotion ask_for_promotion(data::Repository& repository, const registry::ModelVersion& candidate,
                            const std::string& alias) {
  Case asked{repository, rules_here(repository), candidate_of(repository, candidate), alias,
             champion_of(repository, candidate.name, alias)};
  Promotion out;
  for (const auto& kind : gate_kinds())
    if (kind.of_promotion) kind.ask(asked, out.rows);
  out.champion = std::move(asked.champion);
  return out;
}

namespace {

Json record_of(data::Repository& repository, const registry::ModelVersion& candidate,
               const std::optional<registry::ModelVersion>& champion, const Rows& rows) {
  Json out{{"type", "gate"},       {"version", 1},          {"key", candidate.name},
           {"pass", passed(rows)}, {"rows", to_json(rows)}, {"author", train::author(repository)}};
  if (const std::string run = text_or(candidate.body, "run_id"); !run.empty()) out["run_id"] = run;
  if (candidate.number > 0) out.update({{"number", candidate.number}, {"candidate", candidate.record.hex()}});
  if (champion) out["champion"] = champion->record.hex();
  return out;
}

}  // namespace

Id seal(data::Repository& repository, const GateResult& result) {
  const auto& judged = result.judged;
  Json record = record_of(repository, judged.candidate.version, judged.champion, result.rows);
  if (judged.candidate.run) record["run"] = judged.candidate.run->id.hex();
  record["alias"] = judged.alias;
  record["head"] = result.branch.head.commit().id;
  record["target"] = result.branch.target.commit().id;
  return repository.database().seal(record);
}

Id seal(data::Repository& repository, const registry::ModelVersion& candidate, const std::string& alias,
        const Promotion& promotion) {
  Json record = record_of(repository, candidate, promotion.champion, promotion.rows);
  if (const std::string run = text_or(candidate.body, "run"); !run.empty()) record["run"] = run;
  record["alias"] = alias;
  return repository.database().seal(record);
}

Json to_json(const GateResult& result) {
  const auto& [branch, judged, rows] = result;
  const auto& candidate = judged.candidate;
  const auto commit = [](const Revision& revision) {
    return Json{{"name", to_utf8(revision.name())}, {"commit", revision.commit().id}};
  };
  Json named{{"run_id", candidate.run ? Json(candidate.run->run_id) : Json()},
             {"record", candidate.run ? Json(candidate.run->id.hex()) : Json()},
             {"model", candidate.version.name},
             {"number", candidate.version.number > 0 ? Json(candidate.version.number) : Json()},
             {"differences", Json::array()}};
  for (const auto& one : candidate.differences) named["differences"].push_back(to_utf8(one));
  return {{"pass", passed(rows)},
          {"candidate", named},
          {"champion", judged.champion ? Json(judged.champion->label()) : Json()},
          {"is_champion", judged.is_champion()},
          {"head", commit(branch.head)},
          {"target", commit(branch.target)},
          {"rules", judged.rules.origin},
          {"pull_request", branch.job.pull_request},
          {"rows", to_json(rows)}};
}

}  // namespace mlops::ci
