// The energy distance of G. J. Székely: the root of twice the squared area between the distribution functions. In the
// column's own units.
#include <cmath>

#include "monitor/pooled.h"
#include "monitor/statistics.h"

namespace mlops::monitor {

Outcome energy_distance(const Numbers& numbers) {
  double area = 0;
  for_each_interval(numbers,
                    [&](double low, double high, double f, double g) { area += (f - g) * (f - g) * (high - low); });
  return std::sqrt(2 * area);
}

}  // namespace mlops::monitor
