// Monitor windows between their evaluation and the moment when all that follows from them is sealed: killed in between,
// the monitor goes on with the very same content.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "meta/database.h"

namespace mlops::meta {

struct PlannedWindow {
  std::string model;
  Micros from = 0, to = 0, made = 0;  // `made`: when it was evaluated
  std::string body;
};

// Durable when it returns. A window of this model and start that is there already stays as it is.
void plan_window(Database& database, const PlannedWindow& window);
std::vector<PlannedWindow> planned_windows(Database& database, const std::string& model);  // oldest first
void forget_window(Database& database, const PlannedWindow& window);

}  // namespace mlops::meta
