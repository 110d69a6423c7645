// Runs: each leaves one sealed record that says what ran, on what, with which result (share/doc/records.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/repository.h"
#include "pipeline/parameters.h"
#include "pipeline/run.h"

namespace mlops::train {

struct TrainOptions {
  std::vector<pipeline::Assignment> assignments;  // written into the parameter files first
  std::string name, message;
  std::string command;        // as the user typed it
  bool always_record = true;  // pipeline run: only when something ran
  pipeline::RunOptions pipeline;
};

struct Outcome {
  std::vector<pipeline::StageResult> stages;
  Json record;  // null when nothing was recorded
  Id id;
  [[nodiscard]] bool ok() const;
};

// Runs the pipeline and seals the record, also of failed and interrupted runs.
Outcome train(data::Repository& repository, const TrainOptions& options);

struct RunEntry {
  Id id;  // of the newest record
  std::string run_id;
  Micros time = 0;
  Json body;
};

// Newest first. Runs whose process was killed are sealed as such first.
std::vector<RunEntry> list_runs(data::Repository& repository, std::size_t limit = 0);
// By a prefix of run id or record id ("run:" may stand before it). Throws Error(input): none (with hint), or several.
RunEntry find_run(data::Repository& repository, const std::string& name);
// Seals the runs in progress whose process is gone as "killed".
void settle_dead_runs(data::Repository& repository);

// `experiment:` of the definition, else the name of the folder.
std::string experiment_name(const data::Repository& repository, const pipeline::Definition& definition);

}  // namespace mlops::train
