// Which numeric columns go together.
#pragma once

#include <utility>

#include "table/profile.h"

namespace mlops::table {

// Pearson's correlation of every pair of number columns, from at most as many evenly spaced rows as keep it to seconds.
// Returns the strongest pairs and the number of rows.
std::pair<std::vector<Correlation>, std::size_t> strongest_correlations(const Table& table,
                                                                        const std::stop_token& stop);

}  // namespace mlops::table
