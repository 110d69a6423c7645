// What the monitor knows, as Prometheus text (exposition format 0.0.4).
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "monitor/alarms.h"

namespace mlops::monitor {

struct Exposed {
  std::vector<Json> windows;              // the latest sealed one of each model
  std::vector<Alarm> alarms;              // of these models
  std::size_t pending = 0, given_up = 0;  // deliveries
};

std::string monitor_metrics(const Exposed& exposed);

}  // namespace mlops::monitor
