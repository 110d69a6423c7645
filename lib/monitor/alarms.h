// Alarms: events on "alarm:MODEL/KIND" that say when one begins to fire and when it is over. The present state is their
// fold; what a sealed window means for them is decided here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "meta/database.h"

namespace mlops::monitor {

struct Alarm {
  std::string model, kind;
  bool firing = false;
  Micros since = 0;  // of this state
  std::optional<double> value, limit;
  std::string text;
  Id window, event;
};

// The newest word on each alarm, sorted by model and kind; `model` "" = of all.
std::vector<Alarm> alarms(meta::Database& database, const std::string& model = "");
// One alarm from its event; nullopt when the record is none.
std::optional<Alarm> alarm_of(const meta::Entry& event);

// What the window `sealed` changes, against the windows before it and the alarms that fire: one event a kind at most,
// sealed with the time `made`. An alarm fires after `for_windows` violated windows in a row, where windows without a
// verdict count neither way, and is over with the first good one. Asked again for the same window it returns the same
// events and seals nothing.
std::vector<Alarm> decide_alarms(meta::Database& database, const meta::Entry& sealed, std::size_t for_windows,
                                 Micros made);

}  // namespace mlops::monitor
