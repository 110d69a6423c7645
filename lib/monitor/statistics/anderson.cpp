// Anderson–Darling for two samples with ties: the midrank form of F. W. Scholz and M. A. Stephens, JASA 82 (1987). The
// p-value is read from a parabola through the table's logarithms and stays between 0.001 and 0.25.
#include <array>
#include <cmath>

#include "monitor/pooled.h"
#include "monitor/statistics.h"

namespace mlops::monitor {
namespace {

// Table 1 for two samples: b0 + b1 + b2, at these levels.
constexpr std::array k_levels{0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001};
constexpr std::array k_critical{0.675 - 0.245 - 0.105, 1.281 + 0.25 - 0.305,  1.645 + 0.678 - 0.362,
                                1.96 + 1.149 - 0.391,  2.326 + 1.822 - 0.396, 2.573 + 2.364 - 0.345,
                                3.085 + 3.615 - 0.154};

// A squared, not standardised.
double squared(const Numbers& numbers) {
  const auto n = static_cast<double>(numbers.reference.size()), m = static_cast<double>(numbers.current.size());
  const double total = n + m;
  double below_x = 0, below_y = 0, sum_x = 0, sum_y = 0;
  for_each_value(numbers, [&](double, std::size_t count_x, std::size_t count_y) {
    const auto x = static_cast<double>(count_x), y = static_cast<double>(count_y);
    const double ties = x + y, middle = below_x + below_y + ties / 2;
    const double weight = ties / total / (middle * (total - middle) - total * ties / 4);
    const double from_x = total * (below_x + x / 2) - middle * n, from_y = total * (below_y + y / 2) - middle * m;
    sum_x += weight * from_x * from_x;
    sum_y += weight * from_y * from_y;
    below_x += x;
    below_y += y;
  });
  return (sum_x / n + sum_y / m) * (total - 1) / total;
}

double variance(double n, double m) {
  const double total = n + m, k = 2;
  const double big_h = 1 / n + 1 / m;
  double h = 0, g = 0;
  for (double i = total - 1; i > 1;
       --i) {  // 1/(N-1) + 1/(N-2) + … down to 1/2; g weighs the partial sums by 1/2, 1/3, …
    h += 1 / i;
    g += h / (total - i + 1);
  }
  h += 1;
  const double a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * big_h;
  const double b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * big_h - 8 * h + 4 * g - 6;
  const double c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * big_h + 4 * h;
  const double d = (2 * h + 6) * k * k - 4 * h * k;
  return (a * total * total * total + b * total * total + c * total + d) / ((total - 1) * (total - 2) * (total - 3));
}

// The least-squares parabola of ln(level) over the critical value, at t: 3 normal equations around the table's middle.
double fitted_level(double t) {
  constexpr double k_middle = 3;
  std::array<double, 5> powers{};
  std::array<double, 3> right{};
  for (std::size_t i = 0; i < k_levels.size(); ++i) {
    double power = 1;
    for (std::size_t p = 0; p < powers.size(); ++p, power *= k_critical[i] - k_middle) {
      powers[p] += power;
      if (p < right.size()) right[p] += power * std::log(k_levels[i]);
    }
  }
  const auto determinant = [](const std::array<std::array<double, 3>, 3>& x) {
    return x[0][0] * (x[1][1] * x[2][2] - x[1][2] * x[2][1]) - x[0][1] * (x[1][0] * x[2][2] - x[1][2] * x[2][0]) +
           x[0][2] * (x[1][0] * x[2][1] - x[1][1] * x[2][0]);
  };
  std::array<std::array<double, 3>, 3> normal{};
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) normal[r][c] = powers[r + c];
  const double whole = determinant(normal);
  double out = 0, power = 1;
  for (std::size_t c = 0; c < 3; ++c, power *= t - k_middle) {
    auto replaced = normal;
    for (std::size_t r = 0; r < 3; ++r) replaced[r][c] = right[r];
    out += determinant(replaced) / whole * power;
  }
  return std::exp(out);
}

}  // namespace

double anderson_statistic(const Numbers& numbers) {
  const auto n = static_cast<double>(numbers.reference.size()), m = static_cast<double>(numbers.current.size());
  if (n + m < 4 || lowest(numbers) == highest(numbers)) return std::nan("");
  return (squared(numbers) - 1) / std::sqrt(variance(n, m));
}

Outcome anderson(const Numbers& numbers) {
  if (lowest(numbers) == highest(numbers)) return Outcome::none("all values are equal");
  const double t = anderson_statistic(numbers);
  if (std::isnan(t)) return Outcome::none("fewer than 4 values");
  if (t < k_critical.front()) return k_levels.front();
  if (t > k_critical.back()) return k_levels.back();
  return fitted_level(t);
}

}  // namespace mlops::monitor
