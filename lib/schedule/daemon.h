// The daemon: looks once a second for what is due and starts it. It holds nothing in memory that matters: killed at any
// moment and started again, it goes on where it was, and no cause is lost or makes two jobs.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "data/repository.h"
#include "meta/jobs.h"

namespace mlops::schedule {

struct DaemonOptions {
  bool once = false;  // starts what is due, waits until nothing waits or runs, and returns
  // Told what happens: a job as it starts, ends, is left out.
  std::function<void(const meta::Job&)> on_job;
  std::function<void(const std::string&)> tell;  // what is wrong with a definition, and what was missed
  std::function<void(std::size_t schedules)> ready;
};

// Returns when `stop` is requested; running jobs go on and are taken up by the next daemon. Throws Error(state) when
// another daemon watches this repository.
void run_daemon(data::Repository& repository, const DaemonOptions& options, const std::stop_token& stop);

}  // namespace mlops::schedule
