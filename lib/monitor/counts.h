// Rows by category, of columns of any kind.
#pragma once

#include "monitor/statistic.h"
#include "table/table.h"

namespace mlops::monitor {

// Nulls are not counted. Both columns as numbers or truth values: keys in order of value; else as texts, in order of
// bytes.
Counts count_categories(const table::Column& reference, const table::Column& current);
// Each different number is a category.
Counts count_values(const Numbers& numbers);

}  // namespace mlops::monitor
