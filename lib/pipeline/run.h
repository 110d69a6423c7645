// Running a pipeline: stale stages run, in parallel where nothing stands between them; what ran before with equal
// inputs comes from the store.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "data/repository.h"
#include "pipeline/definition.h"
#include "pipeline/lock_file.h"

namespace mlops::pipeline {

enum class StageStatus {
  unchanged,  // up to date
  cached,     // outputs of an equal earlier run were checked out
  ran,
  failed,   // its command ended with another code than 0, or an output is missing
  stopped,  // interrupted
  waiting,  // not reached: a stage before it failed
};
const char* to_text(StageStatus status);

struct StageResult {
  std::string name;
  StageStatus status = StageStatus::waiting;
  std::vector<std::string> commands;
  std::string wdir;
  std::vector<std::string> reasons;  // why it was stale
  std::string problem;               // why it failed, one sentence
  int exit_code = 0;
  Micros started = 0, wall = 0, user = 0, system = 0;
  std::int64_t peak_memory_kib = 0;
  std::map<std::string, ObjectRef> deps, outs;
  std::vector<std::string> metric_paths;
  Json params = Json::object();   // {file: {key: value}}
  Json metrics = Json::object();  // flattened numbers of its metrics files
  Json logged = Json::object();   // parameters that its command told a tracking server
  std::optional<Id> log;          // file object with what it printed (the last 4 MiB)
};

// Told what happens while it happens; called under a lock, one at a time.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void started(const Stage&, const std::vector<std::string>& /*reasons*/) {}
  virtual void printed(const Stage&, std::string_view /*text*/) {}
  virtual void ended(const StageResult&) {}
};

// Around the commands of a stage; called one at a time. What is above this module (tracking) hangs itself in here.
class StageHooks {
 public:
  virtual ~StageHooks() = default;
  // May add to the environment of its commands.
  virtual void before(const Stage&, std::vector<std::pair<std::string, std::string>>& /*environment*/) {}
  // Its commands have ended; may add metrics and what was logged.
  virtual void after(const Stage&, StageResult&) {}
};

struct RunOptions {
  std::vector<std::string> stages;  // with what they depend on; empty = all
  bool force = false;               // run also what is up to date
  bool use_run_cache = true;
  std::size_t jobs = 0;  // stages at once; 0 = processors
  std::vector<std::pair<std::string, std::string>> environment;
  std::stop_token stop;
  Observer* observer = nullptr;
  StageHooks* hooks = nullptr;
};

// In the order of the pipeline. Throws Error for what is wrong before anything starts (cycles, unknown stages, missing
// dependencies that no stage makes).
std::vector<StageResult> run(data::Repository& repository, const Definition& definition, const RunOptions& options);

// Nothing runs; results say what would be stale and why ("model/ (made by train)").
std::vector<StageResult> plan(data::Repository& repository, const Definition& definition,
                              const std::vector<std::string>& stages);

// mlops.yaml with params.yaml of the repository's root. Throws Error(input) where there is none (hint: the smallest
// file).
Definition read_definition(const data::Repository& repository);

// Numbers of a JSON or YAML metrics file, flattened; others are left out.
Json read_metrics(const std::string& bytes, const std::string& name);

}  // namespace mlops::pipeline
