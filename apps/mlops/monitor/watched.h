// What `monitor watch` looks at for one model: its data as the repository has it, its limits as problem.yaml and flags
// say.
#pragma once

#include <optional>
#include <string>

#include "data/repository.h"
#include "monitor/answers.h"
#include "monitor/watch.h"

namespace mlops {

// Flags; unset or "" = problem.yaml's, else built in.
struct WatchFlags {
  std::optional<double> drift_share, errors;
  std::optional<std::size_t> minimum_rows, minimum_labels;
  std::string threshold, p99;
  Micros label_horizon = Micros{30} * 86400 * 1'000'000;  // rows older than this are not looked up for labels that come
};

// `repository` must outlive it. Throws Error(input) for a model that there is not, Error(usage) for flags.
monitor::WatchedModel watched_model(data::Repository& repository, const std::string& name, const WatchFlags& flags);

}  // namespace mlops
