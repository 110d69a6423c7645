// The problem.yaml that `mlops problem init` writes: every key with a comment, filled from what is known.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "problem/charter.h"

namespace mlops::problem {

struct Known {
  std::string name, goal, target;
  std::optional<Task> task;
  std::vector<std::string> sources;
  std::vector<std::string> metrics;  // names that a run or a metrics file has, the first is the guess's first choice
  std::optional<Metric> metric;      // asked for already, by a gate of mlops.yaml
  bool pipeline = false;
};

// Which way a metric of that name is better, by the names that the field uses ("rmse", "log_loss": minimize).
Direction usual_direction(const std::string& metric);

// Valid for parse_charter.
std::string charter_template(const Known& known);

}  // namespace mlops::problem
