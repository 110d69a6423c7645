// Two proportions, pooled, two-sided: the share of values that differ from the smallest category. With more than two
// categories only the first against the rest counts.
#include <cmath>

#include "monitor/statistics.h"
#include "monitor/tails.h"

namespace mlops::monitor {

Outcome z(const Counts& counts) {
  const double n = counts.reference_rows(), m = counts.current_rows();
  const double p = 1 - static_cast<double>(counts.reference.front()) / n,
               q = 1 - static_cast<double>(counts.current.front()) / m;
  const double pooled = (n * p + m * q) / (n + m);
  const double spread = std::sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  if (counts.keys.size() < 2 || !(spread > 0)) return 1.0;
  return 2 * normal_sf(std::abs((p - q) / spread));
}

}  // namespace mlops::monitor
