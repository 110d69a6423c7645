// Charts as SVG: the reference grey, the current data in the accent. They stretch with the page; their texts do not.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace mlops::monitor {

// `chart` as in the JSON of a column: "edges" or "labels", "reference" and, unless there is only one side, "current".
std::string histogram(const Json& chart, const std::string& what);      // with axes; only where there are edges
std::string category_rows(const Json& chart, const std::string& what);  // a table, a row a category
std::string thumbnail(const Json& chart);
// One value a window, left to right, NaN where there is none; `limit` (NaN: none) is a dashed line.
std::string line_chart(const std::vector<double>& values, double limit, const std::string& what);
// A bar of `share` of the width.
std::string meter(double share);

}  // namespace mlops::monitor
