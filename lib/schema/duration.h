// Times and durations as a schema file has them, to the microsecond.
#pragma once

#include <string>

#include "base/time.h"

namespace mlops::schema {

// "2026-01-31" at midnight UTC, else "2026-01-31T12:00:00Z" with a fraction where there is one. Reads back by
// parse_time.
std::string show_time(Micros time);
// "7d", "1h30m": reads back by parse_duration, which knows whole seconds.
std::string show_duration_exactly(Micros duration);

}  // namespace mlops::schema
