// Fisher's exact test of a 2 × 2 table, two-sided: the probability of all tables as improbable as this one.
#include <algorithm>
#include <cmath>

#include "monitor/statistics.h"

namespace mlops::monitor {
namespace {

double log_choose(double n, double k) { return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1); }

}  // namespace

double fisher_two_sided(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d) {
  const auto first = static_cast<double>(a + b), second = static_cast<double>(c + d),
             column = static_cast<double>(a + c);
  if (first == 0 || second == 0 || column == 0 || b + d == 0) return 1;
  const double low = std::max(0.0, column - second), high = std::min(first, column), seen = static_cast<double>(a);
  const double whole = log_choose(first + second, column);
  const auto log_pmf = [&](double k) { return log_choose(first, k) + log_choose(second, column - k) - whole; };
  const double limit = log_pmf(seen) + 1e-7;
  // Each tail is walked from its far end inwards while its tables are no more probable; far ends that vanish are
  // skipped.
  const double mode = std::clamp(std::floor((first + 1) * (column + 1) / (first + second + 2)), low, high);
  const double reach = 45 * std::sqrt(first * second * column / std::pow(first + second, 2)) + 100;
  double sum = 0;
  for (double k = std::max(low, mode - reach); k < mode; ++k) {
    const double p = log_pmf(k);
    if (p > limit) break;
    sum += std::exp(p);
  }
  for (double k = std::min(high, mode + reach); k >= mode; --k) {
    const double p = log_pmf(k);
    if (p > limit) break;
    sum += std::exp(p);
  }
  return std::min(sum, 1.0);
}

Outcome fisher_exact(const Counts& counts) {
  if (counts.keys.size() > 2) return Outcome::none("more than two categories");
  if (counts.reference_rows() != counts.current_rows()) return Outcome::none("needs as many rows on either side");
  if (counts.keys.size() < 2) return Outcome::none("only one category");
  return fisher_two_sided(counts.reference[0], counts.reference[1], counts.current[0], counts.current[1]);
}

}  // namespace mlops::monitor
