#include "pipeline/run.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/pool.h"
#include "base/process.h"
#include "base/text.h"
#include "code/git.h"
#include "data/links.h"
#include "data/object_json.h"
#include "data/worktree.h"
#include "pipeline/parameters.h"
#include "pipeline/staleness.h"

namespace mlops::pipeline {
namespace {

constexpr std::size_t k_log_bytes = 4 << 20;

// One stage from the question whether it is stale to its entry in the lock file. Everything but the command itself runs
// under the run's mutex: the work tree, the store's writers and the database see one stage at a time.
class StageRun {
 public:
  StageRun(data::Repository& repository, const Stage& stage, const LockedStage* locked, const RunOptions& options,
           std::mutex& mutex)
      : repository_(repository), stage_(stage), locked_(locked), options_(options), mutex_(mutex) {
    result_.name = stage.name;
    result_.commands = stage.commands;
    result_.wdir = stage.wdir;
    for (const auto& out : stage.outs)
      if (out.metric) result_.metric_paths.push_back(out.path);
  }

  // `lock` holds the mutex.
  StageResult go(std::unique_lock<std::mutex>& lock) {
    // Another process that runs this stage ends first; then its result is taken.
    const FileLock turn = wait_for_turn(lock);
    result_.started = now_micros();
    inputs_ = read_inputs(repository_, stage_);
    result_.reasons = why_stale(repository_, stage_, inputs_, locked_);
    if (options_.force && result_.reasons.empty()) result_.reasons = {"--force"};
    if (result_.reasons.empty())
      take_over(StageStatus::unchanged, locked_->outs);
    else if (!from_run_cache())
      execute(lock);
    fill_inputs();
    result_.wall = now_micros() - result_.started;
    return std::move(result_);
  }

 private:
  FileLock wait_for_turn(std::unique_lock<std::mutex>& lock) {
    const fs::path leases = repository_.state() / "leases";
    fs::create_directories(leases);
    const fs::path file = leases / ("stage-" + sha256(stage_.name).brief() + ".lock");
    FileLock turn = FileLock::try_lock(file);
    if (turn) return turn;
    lock.unlock();
    turn = FileLock(file);
    lock.lock();
    return turn;
  }

  void fill_inputs() {
    for (const auto& [path, object] : inputs_.deps)
      if (object) result_.deps[path] = *object;
    result_.params = inputs_.params;
  }

  void take_over(StageStatus status, const std::map<std::string, ObjectRef>& outs) {
    result_.status = status;
    result_.outs = outs;
    read_stage_metrics();
  }

  bool from_run_cache() {
    const bool may =
        options_.use_run_cache && !options_.force && !stage_.always_changed && !stage_.deps.empty() &&
        !stage_.outs.empty() && inputs_.missing_params.empty() &&
        std::none_of(stage_.outs.begin(), stage_.outs.end(), [](const Output& out) { return out.persist; });
    if (!may) return false;
    const std::string key = run_cache_key(stage_, inputs_).hex();
    for (const auto& entry : repository_.database().list({.type = "stage", .key = key})) {
      const auto outs = available(entry.body);
      if (!outs) continue;
      for (const auto& [path, object] : *outs) restore(path, object);
      take_over(StageStatus::cached, *outs);
      const Json metrics = entry.body.value("metrics", Json::object());
      for (const auto& [name, value] : metrics.items())
        if (!result_.metrics.contains(name)) result_.metrics[name] = value;  // logged, not in a file
      result_.logged = entry.body.value("logged", Json::object());
      return true;
    }
    return false;
  }

  // The outputs of an earlier run, if all of them are still in the store.
  std::optional<std::map<std::string, ObjectRef>> available(const Json& record) {
    std::map<std::string, ObjectRef> outs;
    for (const auto& out : record.value("outs", Json::array())) {
      const auto object = data::object_of(out);
      if (!object) return std::nullopt;
      const bool there = object->kind == store::Kind::tree ? repository_.store().has(store::Kind::tree, object->id)
                                                           : repository_.store().has_file(object->id);
      if (!there) return std::nullopt;
      outs[text_or(out, "path")] = *object;
    }
    return outs.empty() ? std::nullopt : std::optional(outs);
  }

  void restore(const std::string& path, const ObjectRef& object) {
    const Output& out =
        *std::find_if(stage_.outs.begin(), stage_.outs.end(), [&](const Output& o) { return o.path == path; });
    data::restore(repository_, object, path, {.force = true, .progress = nullptr, .stop = options_.stop});
    if (out.cache) data::ignore_in_git(repository_, path);
  }

  void execute(std::unique_lock<std::mutex>& lock) {
    if (!inputs_complete()) return;
    for (const auto& out : stage_.outs) prepare_output(out);
    if (options_.observer != nullptr) options_.observer->started(stage_, result_.reasons);
    environment_ = options_.environment;
    if (options_.hooks != nullptr) options_.hooks->before(stage_, environment_);
    lock.unlock();
    run_commands();
    lock.lock();
    if (options_.hooks != nullptr) options_.hooks->after(stage_, result_);
    keep_log();
    if (result_.status != StageStatus::ran) return;
    if (collect_outputs()) seal();
  }

  bool fail(std::string problem) {
    result_.status = StageStatus::failed;
    result_.problem = std::move(problem);
    return false;
  }

  bool inputs_complete() {
    for (const auto& [path, object] : inputs_.deps)
      if (!object) return fail(fmt::format("its dependency {} is missing", path));
    if (!inputs_.missing_params.empty())
      return fail(fmt::format("its parameter {} is missing", inputs_.missing_params.front()));
    return true;
  }

  void prepare_output(const Output& out) {
    if (out.persist)
      data::own_files(repository_, out.path);
    else
      data::remove_path(repository_, out.path);
    const fs::path parent = (repository_.root() / out.path).parent_path();
    fs::create_directories(parent);
  }

  void run_commands() {
    result_.status = StageStatus::ran;
    for (const auto& command : stage_.commands) {
      ProcessOptions process;
      process.argv = {"/bin/sh", "-c", command};
      process.directory = repository_.root() / stage_.wdir;
      process.environment = environment_;
      process.environment.emplace_back("MLOPS_STAGE", stage_.name);
      process.stop = options_.stop;
      process.on_output = process.on_error = [this](std::string_view text) { take_output(text); };
      const ProcessResult end = run_process(process);
      result_.user += end.user;
      result_.system += end.system;
      result_.peak_memory_kib = std::max(result_.peak_memory_kib, end.peak_memory_kib);
      result_.exit_code = end.exit_code;
      if (end.stopped)
        result_.status = StageStatus::stopped;
      else if (end.exit_code != 0)
        fail(fmt::format("\"{}\" ended with {}{}", command, end.exit_code, end.signal != 0 ? " (killed)" : ""));
      if (result_.status != StageStatus::ran) return;
    }
  }

  void take_output(std::string_view text) {
    const std::lock_guard lock(mutex_);
    log_ += text;
    if (log_.size() > 2 * k_log_bytes) log_.erase(0, log_.size() - k_log_bytes);
    if (options_.observer != nullptr) options_.observer->printed(stage_, text);
  }

  void keep_log() {
    if (log_.empty()) return;
    if (log_.size() > k_log_bytes) log_.erase(0, log_.size() - k_log_bytes);
    const auto writer = repository_.store().writer();
    result_.log = writer->put_file(std::as_bytes(std::span(log_))).id;
    writer->commit();
  }

  bool collect_outputs() {
    for (const auto& out : stage_.outs) {
      std::error_code ignored;
      if (!fs::exists(fs::symlink_status(repository_.root() / out.path, ignored)))
        return fail(fmt::format("its command made no {}", out.path));
      result_.outs[out.path] =
          data::snapshot(repository_, out.path, {.keep = true, .progress = nullptr, .stop = options_.stop}).object;
      if (out.cache) data::ignore_in_git(repository_, out.path);
    }
    const StageInputs after = read_inputs(repository_, stage_);
    for (const auto& [path, object] : after.deps)
      if (object != inputs_.deps.at(path))
        return fail(fmt::format("{} changed while it ran, so nobody knows what it read", path));
    read_stage_metrics();
    return true;
  }

  void read_stage_metrics() {
    for (const auto& path : result_.metric_paths) {
      const auto found = result_.outs.find(path);
      if (found == result_.outs.end() || found->second.kind == store::Kind::tree || found->second.size > (16 << 20))
        continue;
      const fs::path file = repository_.root() / path;
      if (!fs::exists(file)) continue;
      result_.metrics.update(read_metrics(read_file(file, 16 << 20), path));
    }
  }

  // For the run cache: equal work need not be done again, in this work tree or another.
  void seal() {
    Json outs = Json::array(), deps = Json::array();
    for (const auto& [path, object] : result_.outs) {
      Json item = data::to_json(object);
      item["path"] = path;
      outs.push_back(std::move(item));
    }
    for (const auto& [path, object] : inputs_.deps) {
      Json item = data::to_json(*object);
      item["path"] = path;
      deps.push_back(std::move(item));
    }
    if (outs.empty() || deps.empty()) return;
    repository_.database().seal({{"type", "stage"},
                                 {"version", 1},
                                 {"key", run_cache_key(stage_, inputs_).hex()},
                                 {"name", stage_.name},
                                 {"cmd", stage_.commands},
                                 {"wdir", stage_.wdir},
                                 {"deps", deps},
                                 {"params", inputs_.params},
                                 {"outs", outs},
                                 {"metrics", result_.metrics},
                                 {"logged", result_.logged}});
  }

  data::Repository& repository_;
  const Stage& stage_;
  const LockedStage* locked_;
  const RunOptions& options_;
  std::mutex& mutex_;
  StageInputs inputs_;
  StageResult result_;
  std::vector<std::pair<std::string, std::string>> environment_;
  std::string log_;
};

// All stages of a run: who may start, who waits.
class Schedule {
 public:
  Schedule(data::Repository& repository, const Definition& definition, const RunOptions& options)
      : repository_(repository),
        definition_(definition),
        options_(options),
        stages_(select(definition, options.stages)),
        lock_file_(read_lock(repository.root())) {
    for (const auto* stage : stages_) {
      StageResult waiting;
      waiting.name = stage->name;
      results_.push_back(std::move(waiting));
      for (const auto* before : upstream(definition, *stage)) before_[stage].insert(before);
    }
    check_before_start();
  }

  std::vector<StageResult> run() {
    const auto lease =
        repository_.store().hold();  // outputs and logs are named by nothing until the lock file is written
    const std::size_t jobs =
        std::min(options_.jobs > 0 ? options_.jobs : pool_size(), std::max<std::size_t>(stages_.size(), 1));
    {
      std::vector<std::jthread> others;
      for (std::size_t i = 1; i < jobs; ++i) others.emplace_back([this] { work(); });
      work();
    }
    flush();
    if (error_) std::rethrow_exception(error_);
    return std::move(results_);
  }

 private:
  void check_before_start() {
    const auto git = code::Git::discover(repository_.root());
    for (const auto* stage : stages_) {
      for (const auto& dep : stage->deps) check_dependency(*stage, dep);
      for (const auto& out : stage->outs)
        if (git && out.cache && git->is_tracked(out.path))
          throw definition_error(definition_, out.place,
                                 fmt::format("output {} of stage \"{}\" is tracked by git too", out.path, stage->name),
                                 fmt::format("git rm --cached {}   lets mlops have it", out.path));
    }
  }

  void check_dependency(const Stage& stage, const Dependency& dep) const {
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(repository_.root() / dep.path, ignored))) return;
    for (const auto& other : definition_.stages)
      for (const auto& out : other.outs)
        if (overlaps(out.path, dep.path)) return;
    const bool pointer = fs::exists(repository_.root() / (dep.path + ".mlops"), ignored);
    throw definition_error(
        definition_, dep.place, fmt::format("dependency {} of stage \"{}\" is missing", dep.path, stage.name),
        pointer ? "mlops data checkout " + dep.path : "no stage makes it; put it there, or correct the path");
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      const auto next = ready();
      if (next) {
        run_one(*next, lock);
        changed_state_.notify_all();
      } else if (running_ == 0 || over_) {
        changed_state_.notify_all();
        return;
      } else {
        changed_state_.wait(lock);
      }
    }
  }

  std::optional<std::size_t> ready() {
    if (over_ || options_.stop.stop_requested()) return std::nullopt;
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      const auto& before = before_[stages_[i]];
      if (taken_.contains(stages_[i])) continue;
      if (std::all_of(before.begin(), before.end(), [&](const Stage* stage) { return done_.contains(stage); }))
        return i;
    }
    return std::nullopt;
  }

  void run_one(std::size_t at, std::unique_lock<std::mutex>& lock) {
    const Stage& stage = *stages_[at];
    taken_.insert(&stage);
    ++running_;
    try {
      const auto locked = lock_file_.find(stage.name);
      StageRun one(repository_, stage, locked == lock_file_.end() ? nullptr : &locked->second, options_, mutex_);
      results_[at] = one.go(lock);
      finish(stage, results_[at]);
    } catch (...) {
      if (!lock.owns_lock()) lock.lock();
      if (!error_) error_ = std::current_exception();
      over_ = true;
    }
    --running_;
  }

  void finish(const Stage& stage, const StageResult& result) {
    const bool good = result.status == StageStatus::ran || result.status == StageStatus::cached ||
                      result.status == StageStatus::unchanged;
    if (good)
      done_.insert(&stage);
    else
      over_ = true;
    if (good && result.status != StageStatus::unchanged)
      changed_[stage.name] = {stage.commands, stage.wdir, result.deps, result.outs, result.params};
    // The lock file is rewritten whole, so not after each of a thousand stages; what a kill takes from it, the run
    // cache has.
    if (now_micros() - flushed_ > 1'000'000) flush();
    if (options_.observer != nullptr) options_.observer->ended(result);
  }

  void flush() {
    update_lock(repository_.root(), repository_.state() / "leases", std::exchange(changed_, {}));
    flushed_ = now_micros();
  }

  data::Repository& repository_;
  const Definition& definition_;
  const RunOptions& options_;
  Micros flushed_ = now_micros();
  std::vector<const Stage*> stages_;
  LockFile lock_file_, changed_;
  std::map<const Stage*, std::set<const Stage*>> before_;
  std::vector<StageResult> results_;
  std::mutex mutex_;
  std::condition_variable changed_state_;
  std::set<const Stage*> taken_, done_;
  std::size_t running_ = 0;
  bool over_ = false;
  std::exception_ptr error_;
};

}  // namespace

const char* to_text(StageStatus status) {
  switch (status) {
    case StageStatus::unchanged:
      return "unchanged";
    case StageStatus::cached:
      return "cached";
    case StageStatus::ran:
      return "ran";
    case StageStatus::failed:
      return "failed";
    case StageStatus::stopped:
      return "stopped";
    default:
      return "waiting";
  }
}

std::vector<StageResult> run(data::Repository& repository, const Definition& definition, const RunOptions& options) {
  return Schedule(repository, definition, options).run();
}

std::vector<StageResult> plan(data::Repository& repository, const Definition& definition,
                              const std::vector<std::string>& stages) {
  const LockFile lock_file = read_lock(repository.root());
  std::vector<StageResult> out;
  std::set<const Stage*> stale;
  for (const auto* stage : select(definition, stages)) {
    StageResult result;
    result.name = stage->name;
    result.commands = stage->commands;
    result.wdir = stage->wdir;
    const auto locked = lock_file.find(stage->name);
    const LockedStage* before = locked == lock_file.end() ? nullptr : &locked->second;
    result.reasons = why_stale(repository, *stage, read_inputs(repository, *stage), before);
    if (!stage->frozen)
      for (const auto* made_by : upstream(definition, *stage))
        if (stale.contains(made_by)) result.reasons.push_back(fmt::format("what {} makes", made_by->name));
    result.status = result.reasons.empty() ? StageStatus::unchanged : StageStatus::waiting;
    if (before != nullptr) result.outs = before->outs;
    if (!result.reasons.empty()) stale.insert(stage);
    out.push_back(std::move(result));
  }
  return out;
}

Definition read_definition(const data::Repository& repository) {
  const fs::path file = repository.root() / "mlops.yaml";
  if (!fs::exists(file))
    throw input_error("there is no mlops.yaml in " + repository.root().string(),
                      "it names the stages, for example: stages: {train: {cmd: python train.py, deps: [train.py, "
                      "data], outs: [model]}}");
  return parse_definition(read_file(file, 64 << 20), "mlops.yaml",
                          read_parameters(repository.root() / "params.yaml", "params.yaml"));
}

Json read_metrics(const std::string& bytes, const std::string& name) {
  const bool json = name.ends_with(".json");
  const Json values = flatten(json ? parse_json(bytes, name) : mlops::to_json(parse_yaml(bytes, name)));
  Json out = Json::object();
  for (const auto& [key, value] : values.items())
    if (value.is_number() || value.is_boolean())
      out[key] = value.is_boolean() ? Json(value.get<bool>() ? 1 : 0) : value;
  return out;
}

}  // namespace mlops::pipeline
