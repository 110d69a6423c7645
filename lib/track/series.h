// Metric series as they are sealed: a file of JSON lines {"key", "step", "time", "value"}; time in milliseconds, NaN
// and infinities as text.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "meta/tracking.h"
#include "store/store.h"
#include "web/spool.h"

namespace mlops::track {

void append_point(std::string& out, const meta::Point& point);       // as the API has it: "timestamp"
void append_line(web::IncomingBody& out, const meta::Point& point);  // a line of the file
// In portions. Throws Error(state) where the file is missing or malformed.
void read_series(const store::Store& store, const std::string& file,
                 const std::function<void(std::span<const meta::Point>)>& take);

}  // namespace mlops::track
