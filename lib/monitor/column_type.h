// What a column is for a drift test. Decided by the reference, as pandas and Evidently would see it.
#pragma once

#include "table/table.h"

namespace mlops::monitor {

enum class ColumnType { numeric, categorical, text, time, unknown };
const char* to_text(ColumnType type);

// Real numbers are numeric; whole numbers too, unless they have no nulls and at most ten different values; truth values
// and dictionaries are categorical; a text is categorical, unless more than half of its values differ. Lists, maps and
// columns without any value are unknown.
ColumnType column_type(const table::Column& reference);

}  // namespace mlops::monitor
