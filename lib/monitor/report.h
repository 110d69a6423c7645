// The self-contained page of a drift result, a performance result or a profile: one file, no network, no script but its
// own.
#pragma once

#include <string>

#include "base/json.h"

namespace mlops::monitor {

// Drawn from the JSON of to_json(DriftResult), to_json(PerformanceResult) or table::to_json(Profile), and from nothing
// else; it is in the page too, as a block of data. Every text of it shows as text. Throws Error(input) when its "type"
// is none of "drift", "performance" and "profile".
std::string html_report(const Json& result);

}  // namespace mlops::monitor
