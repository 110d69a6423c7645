// Pearson's goodness of fit of the current counts to the reference's shares. A category that only the current side has
// makes the statistic infinite and the p-value 0, however rare it is.
#include <limits>

#include "monitor/statistics.h"
#include "monitor/tails.h"

namespace mlops::monitor {

Outcome chisquare(const Counts& counts) {
  if (counts.keys.size() < 2) return Outcome::none("only one category");
  const double scale = counts.current_rows() / counts.reference_rows();
  double sum = 0;
  for (std::size_t i = 0; i < counts.keys.size(); ++i) {
    const double expected = static_cast<double>(counts.reference[i]) * scale;
    const double off = static_cast<double>(counts.current[i]) - expected;
    sum += expected > 0 ? off * off / expected : std::numeric_limits<double>::infinity();
  }
  return chi2_sf(sum, static_cast<double>(counts.keys.size() - 1));
}

}  // namespace mlops::monitor
