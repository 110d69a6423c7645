#include "schedule/job.h"

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <thread>

#include "base/process.h"
#include "base/text.h"
#include "base/time.h"
#include "data/author.h"

namespace mlops::schedule {
namespace {

using meta::Job;
using meta::Jobs;

constexpr std::uint64_t k_log_limit = std::uint64_t{64} << 20;

fs::path log_file(const data::Repository& repository, const std::string& id) {
  return jobs_directory(repository) / (id + ".log");
}
fs::path lock_file(const data::Repository& repository, const std::string& id) {
  return jobs_directory(repository) / (id + ".lock");
}

// Appends to the log as it comes, so that what a killed job printed is there.
class Log {
 public:
  Log(fs::path file, const std::function<void(std::string_view)>& echo)
      : file_(std::move(file)), fd_(open_file(file_, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600)), echo_(echo) {}

  void add(std::string_view text) {
    if (echo_) echo_(text);
    const std::string_view kept =
        text.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(text.size(), k_log_limit - written_)));
    if (kept.empty()) return;
    write_all(fd_.get(), kept, file_);
    written_ += kept.size();
    if (written_ == k_log_limit) write_all(fd_.get(), std::string_view("\n(the log ends here: 64 MiB)\n"), file_);
  }

 private:
  fs::path file_;
  Fd fd_;
  const std::function<void(std::string_view)>& echo_;
  std::uint64_t written_ = 0;
};

std::vector<std::string> words_of(const Json& body) {
  std::vector<std::string> out;
  for (const auto& word : body.value("command", Json::array()))
    if (word.is_string()) out.push_back(word.get<std::string>());
  if (!out.empty() && out.front() == "mlops") out.front() = self_path();  // this one, wherever PATH leads
  return out;
}

// What came from events reaches the command as environment only, never as text of a shell.
std::vector<std::pair<std::string, std::string>> environment_of(const Job& job, int attempt) {
  return {{"MLOPS_JOB", job.id},
          {"MLOPS_SCHEDULE", job.schedule},
          {"MLOPS_JOB_TRIGGER", text_or(job.body, "trigger")},
          {"MLOPS_JOB_PLANNED", text_or(job.body, "planned")},
          {"MLOPS_JOB_ATTEMPT", std::to_string(attempt)},
          {"MLOPS_JOB_DETAIL", job.body.value("detail", Json::object()).dump()}};
}

std::string status_of(const ProcessResult& result) {
  if (result.stopped) return "interrupted";
  if (result.timed_out) return "timed-out";
  return result.exit_code == 0 ? "finished" : "failed";
}

void remove_files(const data::Repository& repository, const std::string& id) {
  std::error_code ignored;
  fs::remove(log_file(repository, id), ignored);
  fs::remove(lock_file(repository, id), ignored);
}

// The log becomes a file object, the end a record. Done again after a kill it gives the same record.
void seal_end(data::Repository& repository, Job& job) {
  Json record{{"type", "job"}, {"version", 1},       {"key", job.schedule},
              {"job", job.id}, {"cause", job.cause}, {"time", text_or(job.body, "ended")}};
  for (const char* field : {"definition", "command", "trigger", "planned", "detail", "started", "ended", "status",
                            "exit_code", "attempts", "problem", "wall_us", "user_us", "system_us", "peak_memory_kib"})
    if (const auto found = job.body.find(field); found != job.body.end()) record[field] = *found;
  record["author"] = data::author(repository);
  std::error_code ignored;
  const auto lease = repository.store().hold();  // until the record names the log
  if (const fs::path log = log_file(repository, job.id); fs::file_size(log, ignored) > 0 && !ignored) {
    const auto writer = repository.store().writer();
    const auto object = writer->put_file(open_file(log, O_RDONLY).get(), log);
    writer->commit();
    record["log"] = object.id.hex();
    job.body["log"] = object.id.hex();
  }
  job.body["record"] = repository.database().seal(record).hex();
  job.state = "sealed";
  Jobs(repository.database()).move(job.id, "ended", "sealed", job.body);
  remove_files(repository, job.id);
}

struct Attempts {
  data::Repository& repository;
  Job& job;
  const std::stop_token& stop;
  Log& log;

  ProcessResult one(int attempt) {
    ProcessOptions options;
    options.argv = words_of(job.body);
    options.directory = repository.root();
    options.environment = environment_of(job, attempt);
    options.timeout = integer_or(job.body, "timeout_us");
    options.stop = stop;
    options.on_output = options.on_error = [&](std::string_view text) { log.add(text); };
    return run_process(options);
  }

  bool wait() {
    const Micros until = now_micros() + integer_or(job.body, "retry_wait_us");
    while (now_micros() < until && !stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return !stop.stop_requested();
  }

  void all() {
    const auto retries = static_cast<int>(integer_or(job.body, "retries"));
    for (int attempt = 1;; ++attempt) {
      const ProcessResult result = one(attempt);
      job.body.update({{"status", status_of(result)},
                       {"exit_code", result.exit_code},
                       {"attempts", attempt},
                       {"wall_us", result.wall},
                       {"user_us", result.user},
                       {"system_us", result.system},
                       {"peak_memory_kib", result.peak_memory_kib}});
      const bool again = (status_of(result) == "failed" || result.timed_out) && attempt <= retries;
      if (!again) return;
      log.add(fmt::format("\nattempt {} ended with {}; again in {}\n\n", attempt, result.exit_code,
                          show_duration(integer_or(job.body, "retry_wait_us"))));
      if (!wait()) return;
    }
  }
};

}  // namespace

fs::path jobs_directory(const data::Repository& repository) { return repository.state() / "logs" / "jobs"; }

std::optional<Job> run_job(data::Repository& repository, const std::string& id, const std::stop_token& stop,
                           const std::function<void(std::string_view)>& echo) {
  fs::create_directories(jobs_directory(repository));
  const FileLock held = FileLock::try_lock(lock_file(repository, id));
  if (!held) return std::nullopt;
  Jobs jobs(repository.database());
  auto job = jobs.find(id);
  if (!job || job->state != "waiting") return std::nullopt;
  job->state = "running";
  job->body["started"] = to_utc(now_micros());
  if (!jobs.move(id, "waiting", "running", job->body)) return std::nullopt;
  Log log(log_file(repository, id), echo);
  try {
    Attempts{repository, *job, stop, log}.all();
  } catch (const Error& error) {  // the program can't be started
    job->body.update({{"status", "failed"}, {"problem", to_utf8(error.message())}});
    log.add(error.message() + "\n");
  }
  job->body["ended"] = to_utc(now_micros());
  job->state = "ended";
  jobs.move(id, "running", "ended", job->body);
  seal_end(repository, *job);
  return job;
}

std::vector<Job> settle(data::Repository& repository) {
  Jobs jobs(repository.database());
  std::vector<Job> out;
  for (auto& job : jobs.in_state("running")) {
    fs::create_directories(jobs_directory(repository));
    const FileLock held = FileLock::try_lock(lock_file(repository, job.id));
    if (!held) continue;
    const auto now = jobs.find(job.id);  // it may have ended between the two looks
    if (!now || now->state != "running") continue;
    job = *now;
    kill_by_environment("MLOPS_JOB", job.id);
    job.body.update({{"status", "killed"},
                     {"ended", to_utc(now_micros())},
                     {"problem", "the process that watched over it was killed"}});
    job.state = "ended";
    jobs.move(job.id, "running", "ended", job.body);
    out.push_back(job);
  }
  for (auto& job : jobs.in_state("ended")) {
    const FileLock held = FileLock::try_lock(lock_file(repository, job.id));
    if (held) seal_end(repository, job);
  }
  return out;
}

void give_up(data::Repository& repository, const Job& job, const std::string& status) {
  Json body = job.body;
  body.update({{"status", status}, {"ended", to_utc(now_micros())}});
  Jobs(repository.database()).move(job.id, "waiting", "dropped", body);
}

std::string job_log(data::Repository& repository, const Job& job) {
  if (const auto id = Id::from_hex(text_or(job.body, "log"))) return repository.store().read_whole_file(*id);
  const fs::path file = log_file(repository, job.id);
  return fs::exists(file) ? read_file(file, k_log_limit + 4096) : "";
}

}  // namespace mlops::schedule
