// Kullback–Leibler divergence of the current from the reference, in nats; zeros filled, then both sides brought to 1.
#include <cmath>

#include "monitor/bins.h"
#include "monitor/statistics.h"

namespace mlops::monitor {
namespace {

double of(Shares both) {
  fill_zeros(both);
  normalise(both.reference);
  normalise(both.current);
  double out = 0;
  for (std::size_t i = 0; i < both.reference.size(); ++i)
    out += both.reference[i] * std::log(both.reference[i] / both.current[i]);
  return out;
}

}  // namespace

Outcome kl_div(const Numbers& numbers) { return of(shares(numbers)); }
Outcome kl_div(const Counts& counts) { return of(shares(counts)); }

}  // namespace mlops::monitor
