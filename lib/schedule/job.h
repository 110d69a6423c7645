// One job: its command, its log, its end. Each runs under a process of its own that outlives the daemon, so that a
// daemon that dies, or is replaced, neither stops a job nor loses how it ended.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "data/repository.h"
#include "meta/jobs.h"

namespace mlops::schedule {

// How a job ended, in its body under "status".
//   finished, failed (another exit code than 0), timed-out, interrupted (by hand), killed (nobody saw its end),
//   skipped (another one ran), merged (into one that waited), removed (with its schedule)

// Runs the waiting job `id` to its end, attempts and all: claims it, keeps what it prints, seals a `job` record. `echo`
// gets what it prints as well. Returns the job as it ended; nullopt when another process has it, or it waits no longer.
std::optional<meta::Job> run_job(data::Repository& repository, const std::string& id, const std::stop_token& stop,
                                 const std::function<void(std::string_view)>& echo = {});

// Ends what a dead process left: jobs that run, though nobody holds them any more, become "killed", and what still runs
// of them is ended; ends that are not sealed yet get sealed. Returns those jobs.
std::vector<meta::Job> settle(data::Repository& repository);

// A waiting job that will never run.
void give_up(data::Repository& repository, const meta::Job& job, const std::string& status);

// What a job has printed so far, or printed altogether (the first 64 MiB).
std::string job_log(data::Repository& repository, const meta::Job& job);

fs::path jobs_directory(const data::Repository& repository);

}  // namespace mlops::schedule
