// The log-likelihood ratio of raw counts. Both sides need the same number of rows.
#include <cmath>
#include <limits>

#include "monitor/statistics.h"
#include "monitor/tails.h"

namespace mlops::monitor {

Outcome g_test(const Counts& counts) {
  const double n = counts.reference_rows(), m = counts.current_rows();
  if (std::abs(n - m) > 1.4901161193847656e-8 * std::min(n, m))
    return Outcome::none("needs as many rows on either side");
  if (counts.keys.size() < 2) return Outcome::none("only one category");
  double sum = 0;
  for (std::size_t i = 0; i < counts.keys.size(); ++i) {
    const auto expected = static_cast<double>(counts.reference[i]), seen = static_cast<double>(counts.current[i]);
    if (seen > 0) sum += expected > 0 ? seen * std::log(seen / expected) : std::numeric_limits<double>::infinity();
  }
  return chi2_sf(2 * sum, static_cast<double>(counts.keys.size() - 1));
}

}  // namespace mlops::monitor
