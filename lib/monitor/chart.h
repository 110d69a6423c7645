// The bars of a column's chart and the summaries beside it.
#pragma once

#include "monitor/drift.h"
#include "table/sorted.h"

namespace mlops::monitor {

Chart chart_of(const Numbers& numbers);
Chart chart_of(const Counts& counts);
Summary summary_of(const table::Column& column, const table::Finite& finite, std::span<const double> sorted);
Summary summary_of(const table::Column& column);

// Share of rows that moved.
double effect_of(const Counts& counts);

// Eight bars or fewer as block characters: "▁▂▅█▅▂▁".
std::string sparkline(const Chart& chart, bool current);

}  // namespace mlops::monitor
