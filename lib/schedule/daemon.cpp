#include "schedule/daemon.h"

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "base/process.h"
#include "base/text.h"
#include "schedule/job.h"
#include "schedule/planner.h"

namespace mlops::schedule {
namespace {

using meta::Job;
using meta::Jobs;

constexpr auto k_tick = std::chrono::milliseconds(1000);
constexpr std::size_t k_events_a_look = 1000;
constexpr Micros k_day = 86'400'000'000;
constexpr Micros k_kept = 90 * k_day;  // of jobs in meta.db; their records stay

class Daemon {
 public:
  Daemon(data::Repository& repository, const DaemonOptions& options)
      : repository_(repository), options_(options), jobs_(repository.database()), lock_(take_lock()) {}

  void run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    read_definitions();
    if (options_.ready) options_.ready(definitions_.size());
    while (!stop.stop_requested()) {
      try {
        look();
        complain("", "");
      } catch (const Error& error) {  // a full disk, say: the next look may go through
        if (options_.once) throw;
        complain("", error.message());
      }
      if (options_.once && idle()) return;
      wake.wait_for(lock, stop, k_tick, [&] { return stop.stop_requested(); });
    }
  }

 private:
  FileLock take_lock() const {
    fs::create_directories(jobs_directory(repository_));
    auto lock = FileLock::try_lock(jobs_directory(repository_) / "daemon.lock");
    if (!lock)
      throw state_error("another mlops schedule run watches this repository already",
                        "one is enough; stop that one first");
    return lock;
  }

  void look() {
    const std::int64_t changes = jobs_.change_count();
    if (changes != changes_) read_definitions();
    changes_ = changes;
    if (!options_.once || !looked_) find_due();  // `once` is what is due now, not what comes due meanwhile
    looked_ = true;
    reap();
    report(settle(repository_));
    start();
    tidy();
  }

  void read_definitions() {
    definitions_.clear();
    for (auto& definition : list(repository_)) definitions_.emplace(definition.name, std::move(definition));
  }

  // Says each trouble once, until it is over or another.
  void complain(const std::string& name, const std::string& text) {
    if (troubles_[name] == text) return;
    troubles_[name] = text;
    if (!text.empty() && options_.tell) options_.tell(text);
  }

  void find_due() {
    for (const auto& [name, definition] : definitions_) {
      try {
        find_due(definition);
        complain(name, "");
      } catch (const Error& error) {  // a broken problem.yaml must not stop the other schedules
        if (error.kind() == ErrorKind::outside) throw;
        complain(name, name + ": " + error.message());
      }
    }
  }

  Cursor cursor_for(const Definition& definition) {
    if (const auto json = jobs_.cursor(definition.name)) {
      const Cursor cursor = cursor_of(*json);
      if (cursor.definition == definition.record) return cursor;
    }
    // meta.db was rebuilt, or the definition came from elsewhere: what its last job knew of is over.
    Cursor cursor = first_cursor(definition, 0);
    for (const auto& entry : repository_.database().list({"job", definition.name, 1, true}))
      cursor.times = std::max(cursor.times, entry.time);
    cursor.events_since = cursor.times;
    return cursor;
  }

  void find_due(const Definition& stored) {
    const Definition definition = resolve(repository_, stored);
    const Cursor cursor = cursor_for(stored);
    const auto events = jobs_.arrivals_after(cursor.arrivals, k_events_a_look);
    Sight sight{now_micros(), &events, {}};
    for (const auto& trigger : definition.triggers)
      if (trigger.kind == Trigger::Kind::data) sight.data[trigger.subject] = data_version(repository_, trigger.subject);
    const Plan found = plan(definition, cursor, sight);
    if (found.jobs.empty() && found.cursor.arrivals == cursor.arrivals && found.cursor.seen == cursor.seen &&
        !overdue(found.cursor, cursor))
      return;
    jobs_.advance(stored.name, to_json(found.cursor), found.jobs);
    if (found.missed > 0 && options_.tell)
      options_.tell(fmt::format("{}: {} time{} passed while nobody looked (catch-up {})", stored.name, found.missed,
                                found.missed == 1 ? "" : "s", definition.catch_up.text()));
  }

  // Where nothing came of it the cursor is written now and then only: an idle daemon writes nothing to speak of.
  static bool overdue(const Cursor& now, const Cursor& before) { return now.times - before.times > k_on_time / 2; }

  void reap() {
    for (auto at = started_.begin(); at != started_.end();) {
      int status = 0;
      if (::waitpid(at->second, &status, WNOHANG) == 0) {
        ++at;
        continue;
      }
      const auto job = jobs_.find(at->first);
      if (job && job->state != "waiting" && job->state != "running") tell(*job);
      // Its process ended before it took the job: it would do so again and again.
      if (job && job->state == "waiting" && status != 0) drop(*job, "failed");
      at = started_.erase(at);
    }
  }

  void report(const std::vector<Job>& killed) {
    for (const auto& job : killed) tell(job);
  }

  void tell(const Job& job) {
    if (options_.on_job) options_.on_job(job);
  }

  void drop(const Job& job, const std::string& status) {
    give_up(repository_, job, status);
    Job dropped = job;
    dropped.body["status"] = status;
    tell(dropped);
  }

  // When the schedule's last job started, for its cooldown.
  Micros last_start(const std::string& name) {
    Micros last = 0;
    for (const auto& job : jobs_.history(name, 200))
      if (const auto at = parse_time(text_or(job.body, "started"))) last = std::max(last, *at);
    return last;
  }

  void start() {
    std::map<std::string, std::size_t> running;
    for (const auto& job : jobs_.in_state("running")) ++running[job.schedule];
    std::map<std::string, std::vector<Job>> waiting;
    for (auto& job : jobs_.in_state("waiting"))
      if (started_.contains(job.id))
        ++running[job.schedule];
      else
        waiting[job.schedule].push_back(std::move(job));
    for (auto& [name, jobs] : waiting) start(name, jobs, running[name]);
  }

  void start(const std::string& name, std::vector<Job>& waiting, std::size_t running) {
    std::erase_if(waiting, [&](const Job& job) { return by_hand(job); });
    const auto found = definitions_.find(name);
    if (found == definitions_.end()) {
      for (const auto& job : waiting) drop(job, "removed");
      return;
    }
    Definition definition = found->second;
    try {
      definition = resolve(repository_, definition);
    } catch (const Error&) {
      return;  // said already; they wait until it can be read
    }
    merge_times(definition, waiting);
    if (definition.cooldown > 0 && !cooled_down(definition, waiting)) return;
    for (const auto& job : waiting) {
      if (running > 0 && definition.overlap == Overlap::wait) return;
      if (running > 0 && definition.overlap == Overlap::skip) {
        drop(job, "skipped");
        continue;
      }
      launch(job);
      ++running;
      if (definition.cooldown > 0) return;
    }
  }

  // Whoever asked for it runs it, unless that process died.
  bool by_hand(const Job& job) {
    if (!job.cause.starts_with("hand:")) return false;
    if (now_micros() - job.created > k_on_time) drop(job, "interrupted");
    return true;
  }

  // A job that takes longer than its interval would pile up for ever: of its waiting times the newest stay, as many as
  // catch-up would bring back.
  void merge_times(const Definition& definition, std::vector<Job>& waiting) {
    const std::size_t most = definition.catch_up.kind == CatchUp::Kind::all ? definition.catch_up.most : 1;
    std::size_t times = 0;
    for (auto job = waiting.rbegin(); job != waiting.rend(); ++job)
      if (job->cause.starts_with("time:") && ++times > most) drop(*job, "merged"), job->id.clear();
    std::erase_if(waiting, [](const Job& job) { return job.id.empty(); });
  }

  // Several causes within the cooldown make one job: the newest stays, the others are merged into it.
  bool cooled_down(const Definition& definition, std::vector<Job>& waiting) {
    while (waiting.size() > 1) {
      drop(waiting.front(), "merged");
      waiting.erase(waiting.begin());
    }
    return waiting.empty() || now_micros() >= last_start(definition.name) + definition.cooldown;
  }

  void launch(const Job& job) {
    const fs::path log = jobs_directory(repository_) / "supervisors.log";
    started_[job.id] =
        start_detached({self_path().string(), "schedule", "run", "--job", job.id}, repository_.root(), log);
    Job now = job;
    now.body["status"] = "started";
    tell(now);
  }

  bool idle() { return started_.empty() && jobs_.in_state("running").empty() && waiting_for_clock(); }
  // Jobs that wait for their cooldown are for a later run.
  bool waiting_for_clock() {
    for (const auto& job : jobs_.in_state("waiting")) {
      const auto found = definitions_.find(job.schedule);
      if (found != definitions_.end() && found->second.cooldown == 0 && !found->second.charter &&
          !job.cause.starts_with("hand:"))
        return false;
    }
    return true;
  }

  void tidy() {
    if (now_micros() < next_tidy_) return;
    next_tidy_ = now_micros() + k_day;
    jobs_.remove_before(now_micros() - k_kept);
  }

  data::Repository& repository_;
  const DaemonOptions& options_;
  Jobs jobs_;
  FileLock lock_;
  std::map<std::string, Definition> definitions_;
  std::map<std::string, std::string> troubles_;
  std::map<std::string, int> started_;  // process by job
  std::int64_t changes_ = -1;
  bool looked_ = false;
  Micros next_tidy_ = 0;
};

}  // namespace

void run_daemon(data::Repository& repository, const DaemonOptions& options, const std::stop_token& stop) {
  Daemon(repository, options).run(stop);
}

}  // namespace mlops::schedule
