// Jensen–Shannon distance with the natural logarithm: 0 to the root of ln 2 (0.83).
#include <algorithm>
#include <cmath>

#include "monitor/bins.h"
#include "monitor/statistics.h"

namespace mlops::monitor {
namespace {

double relative_entropy(double p, double q) { return p > 0 ? p * std::log(p / q) : 0; }

double of(Shares both) {
  normalise(both.reference);
  normalise(both.current);
  double left = 0, right = 0;
  for (std::size_t i = 0; i < both.reference.size(); ++i) {
    const double middle = (both.reference[i] + both.current[i]) / 2;
    left += relative_entropy(both.reference[i], middle);
    right += relative_entropy(both.current[i], middle);
  }
  return std::sqrt(std::max(0.0, (left + right) / 2));
}

}  // namespace

Outcome jensenshannon(const Numbers& numbers) { return of(shares(numbers)); }
Outcome jensenshannon(const Counts& counts) { return of(shares(counts)); }

}  // namespace mlops::monitor
