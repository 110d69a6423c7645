// The area between the two distribution functions, in standard deviations of the reference (at least 0.001).
#include <algorithm>
#include <cmath>

#include "monitor/pooled.h"
#include "monitor/statistics.h"
#include "table/sorted.h"

namespace mlops::monitor {

double wasserstein_distance(const Numbers& numbers) {
  double out = 0;
  for_each_interval(numbers,
                    [&](double low, double high, double f, double g) { out += std::abs(f - g) * (high - low); });
  return out;
}

Outcome wasserstein(const Numbers& numbers) {
  return wasserstein_distance(numbers) / std::max(table::moments(numbers.reference).sd, 0.001);
}

}  // namespace mlops::monitor
