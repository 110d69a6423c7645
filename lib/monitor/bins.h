// The shares of rows that psi, kl_div, jensenshannon and hellinger compare.
#pragma once

#include <vector>

#include "monitor/statistic.h"

namespace mlops::monitor {

struct Shares {
  std::vector<double> reference, current;
};
// Numbers: Sturges' bins of the pool (table/histogram.h), or one a value where the reference has at most 20 different
// ones.
Shares shares(const Numbers& numbers);
Shares shares(const Counts& counts);
// Each side's zeros become a small share, so that logarithms exist (psi, kl_div).
void fill_zeros(Shares& shares);
void normalise(std::vector<double>& shares);

}  // namespace mlops::monitor
