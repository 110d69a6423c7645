// Kolmogorov–Smirnov of two samples, two-sided. Up to 10,000 values on each side the exact law given the sizes, by
// counting lattice paths (J. L. Hodges, Ark. Mat. 3, 1958); above, the law of one sample of nm/(n+m) values.
#include <cmath>
#include <numeric>
#include <vector>

#include "monitor/pooled.h"
#include "monitor/statistics.h"
#include "monitor/tails.h"

namespace mlops::monitor {
namespace {

constexpr std::size_t k_exact_up_to = 10'000;

// Equal sizes: reflections of paths, an alternating series. `h` is the distance in steps of 1/n.
double outside_square(double n, double h) {
  double out = 0;
  for (double k = std::floor(n / h); k >= 0; --k) {
    double factor = 1;
    for (double j = 0; j < h; ++j) factor = (n - k * h - j) * factor / (n + k * h + j + 1);
    out = factor * (1 - out);
  }
  return 2 * out;
}

// The share of lattice paths from (0, 0) to (m, n) that leave |i/m - j/n| < d somewhere. Along a path's last step the
// share at (i, j) is the mean of that at (i-1, j), weight i, and at (i, j-1), weight j; outside it is 1.
double share_of_paths_outside(std::int64_t m, std::int64_t n, std::int64_t g, std::int64_t h) {
  const std::int64_t mg = m / g, ng = n / g;
  std::vector<double> column(static_cast<std::size_t>(n) + 1, 1.0);
  for (std::int64_t j = 0; j <= n && mg * j < h; ++j) column[static_cast<std::size_t>(j)] = 0;
  std::int64_t from = 0;
  for (std::int64_t i = 1; i <= m; ++i) {
    while (from <= n && ng * i - mg * from >= h) column[static_cast<std::size_t>(from++)] = 1;
    double below = 1;
    for (std::int64_t j = from; j <= n && mg * j - ng * i < h; ++j) {
      double& here = column[static_cast<std::size_t>(j)];
      here =
          (here * static_cast<double>(i) + (j > 0 ? below * static_cast<double>(j) : 0)) / static_cast<double>(i + j);
      below = here;
    }
  }
  return column[static_cast<std::size_t>(n)];
}

}  // namespace

double ks_distance(const Numbers& numbers) {
  double out = 0;
  for_each_interval(numbers, [&](double, double, double f, double g) { out = std::max(out, std::abs(f - g)); });
  return out;
}

double ks_exact(std::size_t n, std::size_t m, double distance) {
  const auto big = static_cast<std::int64_t>(std::max(n, m)), small = static_cast<std::int64_t>(std::min(n, m));
  const std::int64_t g = std::gcd(big, small), multiple = big / g * small;
  const auto h = static_cast<std::int64_t>(std::nearbyint(distance * static_cast<double>(multiple)));
  if (h == 0) return 1;
  const double p = big == small ? outside_square(static_cast<double>(big), static_cast<double>(h))
                                : share_of_paths_outside(big, small, g, h);
  return p >= 0 && p <= 1 + 1e-9 ? std::min(p, 1.0) : std::nan("");
}

double ks_asymptotic(std::size_t n, std::size_t m, double distance) {
  const double size = static_cast<double>(n) * static_cast<double>(m) / static_cast<double>(n + m);
  return kolmogorov_sf(distance, static_cast<std::size_t>(std::nearbyint(size)));
}

Outcome ks(const Numbers& numbers) {
  const std::size_t n = numbers.reference.size(), m = numbers.current.size();
  const double distance = ks_distance(numbers);
  if (std::max(n, m) <= k_exact_up_to) {
    const double exact = ks_exact(n, m, distance);
    if (!std::isnan(exact)) return exact;
  }
  return ks_asymptotic(n, m, distance);
}

}  // namespace mlops::monitor
