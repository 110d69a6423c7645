#include "train/runs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "code/git.h"
#include "data/author.h"
#include "data/object_json.h"
#include "data/worktree.h"
#include "train/code_snapshot.h"
#include "train/environment.h"

namespace mlops::train {
namespace {

fs::path lease(const data::Repository& repository, const std::string& run_id) {
  return repository.state() / "leases" / ("run-" + run_id + ".lock");
}

Json with_path(const std::string& path, const store::ObjectRef& object) {
  Json out = data::to_json(object);
  out["path"] = path;
  return out;
}

// Where a dependency comes from: another stage ("stage:NAME"), versioned data ("data"), or the code.
std::string origin_of(const std::string& path, const pipeline::Definition& definition,
                      const std::vector<std::string>& tracked) {
  for (const auto& stage : definition.stages)
    for (const auto& out : stage.outs)
      if (pipeline::overlaps(out.path, path)) return "stage:" + stage.name;
  for (const auto& other : tracked)
    if (pipeline::overlaps(other, path)) return "data";
  return "code";
}

Json stage_record(const pipeline::StageResult& stage, const pipeline::Definition& definition,
                  const std::vector<std::string>& tracked) {
  Json out{{"name", stage.name}, {"status", to_text(stage.status)}, {"cmd", stage.commands},
           {"wdir", stage.wdir}, {"params", stage.params},          {"metrics", stage.metrics}};
  if (!stage.logged.empty()) out["logged"] = stage.logged;
  out["deps"] = out["outs"] = Json::array();
  for (const auto& [path, object] : stage.deps) {
    out["deps"].push_back(with_path(path, object));
    out["deps"].back()["origin"] = origin_of(path, definition, tracked);
  }
  for (const auto& [path, object] : stage.outs) out["outs"].push_back(with_path(path, object));
  if (stage.started == 0) return out;
  out["started"] = to_utc(stage.started);
  out["wall_us"] = stage.wall;
  out["user_us"] = stage.user;
  out["system_us"] = stage.system;
  out["peak_memory_kib"] = stage.peak_memory_kib;
  out["exit_code"] = stage.exit_code;
  if (!stage.problem.empty()) out["problem"] = to_utf8(stage.problem);
  if (stage.log) out["log"] = stage.log->hex();
  return out;
}

std::string status_of(const std::vector<pipeline::StageResult>& stages) {
  using pipeline::StageStatus;
  for (const auto& stage : stages) {
    if (stage.status == StageStatus::failed) return "failed";
    if (stage.status == StageStatus::stopped) return "interrupted";
  }
  const bool reached = std::none_of(stages.begin(), stages.end(),
                                    [](const auto& stage) { return stage.status == StageStatus::waiting; });
  return reached ? "finished" : "interrupted";
}

// Parameters of all stages in one map, the file's name before the key where it is not params.yaml.
Json all_params(const std::vector<pipeline::StageResult>& stages) {
  Json out = Json::object();
  for (const auto& stage : stages)
    for (const auto& [file, values] : stage.params.items())
      for (const auto& [key, value] : values.items()) out[file == "params.yaml" ? key : file + ":" + key] = value;
  for (const auto& stage : stages)
    for (const auto& [key, value] : stage.logged.items())
      if (!out.contains(key)) out[key] = value;
  return out;
}

Json all_metrics(const std::vector<pipeline::StageResult>& stages) {
  Json out = Json::object();
  for (const auto& stage : stages) out.update(stage.metrics);
  return out;
}

void add_results(Json& record, const std::vector<pipeline::StageResult>& stages, const pipeline::Definition& definition,
                 const std::vector<std::string>& tracked) {
  record["stages"] = Json::array();
  for (const auto& stage : stages) record["stages"].push_back(stage_record(stage, definition, tracked));
  record["params"] = all_params(stages);
  record["metrics"] = all_metrics(stages);
  record["status"] = status_of(stages);
  record["ended"] = to_utc(now_micros());
  record["time"] = record["ended"];
}

bool something_happened(const std::vector<pipeline::StageResult>& stages) {
  return std::any_of(stages.begin(), stages.end(),
                     [](const auto& stage) { return stage.status != pipeline::StageStatus::unchanged; });
}

RunEntry entry_of(const meta::Entry& entry) { return {entry.id, entry.key, entry.time, entry.body}; }

// The newest revision of each run, `entries` being the newest first; runs that were deleted are left out.
std::vector<RunEntry> newest(const std::vector<meta::Entry>& entries) {
  std::set<std::string> seen;
  std::vector<RunEntry> out;
  for (const auto& entry : entries)
    if (seen.insert(entry.key).second && text_or(entry.body, "lifecycle") != "deleted") out.push_back(entry_of(entry));
  return out;
}

}  // namespace

bool Outcome::ok() const { return status_of(stages) == "finished"; }

std::string experiment_name(const data::Repository& repository, const pipeline::Definition& definition) {
  return definition.experiment.empty() ? to_utf8(repository.root().filename().string()) : definition.experiment;
}

namespace {

// The job of a schedule that this process works for, "" where it is none: lineage goes on from the job to the run.
std::string job_of_environment() {
  const char* job = std::getenv("MLOPS_JOB");
  const std::string id = job == nullptr ? "" : job;
  return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string::npos ? id : "";
}

}  // namespace

Outcome train(data::Repository& repository, const TrainOptions& options) {
  settle_dead_runs(repository);
  for (const auto& assignment : options.assignments) pipeline::assign(repository.root(), assignment);
  const pipeline::Definition definition = pipeline::read_definition(repository);
  (void)pipeline::select(definition, options.pipeline.stages);  // mistakes in the file come before anything is recorded

  const std::string run_id = random_hex(32);
  Json record{{"type", "run"},
              {"version", 1},
              {"run_id", run_id},
              {"command", to_utf8(options.command)},
              {"author", data::author(repository)},
              {"started", to_utc(now_micros())}};
  record["experiment"] = experiment_name(repository, definition);
  if (!options.name.empty()) record["name"] = to_utf8(options.name);
  if (!options.message.empty()) record["message"] = to_utf8(options.message);
  if (const std::string job = job_of_environment(); !job.empty()) record["job"] = job;
  const auto held = repository.store().hold();  // code, environment, outputs and logs, until the record names them
  record["code"] = code_snapshot(repository, definition);
  record["environment"] = environment(repository, definition);

  fs::create_directories(repository.state() / "leases");
  const FileLock alive(lease(repository, run_id));
  repository.database().put_active(run_id, record);
  Outcome outcome;
  try {
    pipeline::RunOptions run_options = options.pipeline;
    run_options.environment.emplace_back("MLOPS_RUN_ID", run_id);
    outcome.stages = pipeline::run(repository, definition, run_options);
  } catch (...) {
    repository.database().remove_active(run_id);
    fs::remove(lease(repository, run_id));
    throw;
  }
  if (options.always_record || something_happened(outcome.stages)) {
    add_results(record, outcome.stages, definition, data::tracked_paths(repository));
    outcome.id = repository.database().seal(record);
    outcome.record = record;
  }
  repository.database().remove_active(run_id);
  fs::remove(lease(repository, run_id));
  return outcome;
}

void settle_dead_runs(data::Repository& repository) {
  for (auto& [run_id, state] : repository.database().active()) {
    const fs::path file = lease(repository, run_id);
    if (fs::exists(file) && !FileLock::try_lock(file)) continue;  // its process lives
    Json record = state;
    record["status"] = "killed";
    record["time"] = to_utc(now_micros());
    record["stages"] = Json::array();
    record["params"] = record["metrics"] = Json::object();
    repository.database().seal(record);
    repository.database().remove_active(run_id);
    std::error_code ignored;
    fs::remove(file, ignored);
  }
}

std::vector<RunEntry> list_runs(data::Repository& repository, std::size_t limit) {
  settle_dead_runs(repository);
  return newest(repository.database().list({.type = "run", .key = "", .limit = limit}));
}

RunEntry find_run(data::Repository& repository, const std::string& name) {
  const std::string prefix = name.starts_with("run:") ? name.substr(4) : name;
  if (prefix.size() < 4 || prefix.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw input_error(fmt::format("\"{}\" names no run", printable(name)),
                      "a run is named by 4 or more digits of its id: mlops train list");
  const auto found = newest(repository.database().match("run", prefix));
  if (found.empty()) throw input_error(fmt::format("there is no run {}", prefix), "mlops train list shows them");
  if (found.size() > 1) {
    std::vector<std::string> ids;
    for (const auto& run : found) ids.push_back(run.run_id.substr(0, 12));
    throw input_error(fmt::format("{} runs begin with {}: {}", found.size(), prefix, join(ids, ", ")),
                      "give more digits");
  }
  return found.front();
}

}  // namespace mlops::train
