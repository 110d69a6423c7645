// The bars of a column's chart and the summaries beside it.
#pragma once

#include "monitor/drift.h"
#include "table/sorted.h"

namespace mlops::monitor {

Chart chart_of(const Numbers& numbers);
Chart chart_of(const Counts& counts);
Summary summary_of(const table::Column& column, const table::Finite& finite, std::span<const double> sorted);
Summary summary_of(const table::Column& column);

// Share of rows that moved, and what it would be on average for two samples of these sizes from one distribution.
double effect_of(const Counts& counts);
double chance_of(const Counts& counts);
double chance_of(const Numbers& numbers);  // of the KS distance

// Eight bars or fewer as block characters: "▁▂▅█▅▂▁".
std::string sparkline(const Chart& chart, bool current);

}  // namespace mlops::monitor
