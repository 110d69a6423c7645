// Population stability index: the sum of (p - q) ln(p/q), shares of bins with zeros filled, not normalised again.
#include <cmath>

#include "monitor/bins.h"
#include "monitor/statistics.h"

namespace mlops::monitor {
namespace {

double of(Shares both) {
  fill_zeros(both);
  double out = 0;
  for (std::size_t i = 0; i < both.reference.size(); ++i)
    out += (both.reference[i] - both.current[i]) * std::log(both.reference[i] / both.current[i]);
  return out;
}

}  // namespace

Outcome psi(const Numbers& numbers) { return of(shares(numbers)); }
Outcome psi(const Counts& counts) { return of(shares(counts)); }

}  // namespace mlops::monitor
