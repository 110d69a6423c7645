// Cramér–von Mises of two samples, midranks for ties (T. W. Anderson, Ann. Math. Stat. 33, 1962). Up to 20 values on
// each side the exact law, by the frequencies of Y. Xiao, A. Gordon and A. Yakovlev (J. Stat. Software 17(8), 2007).
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include "monitor/pooled.h"
#include "monitor/statistics.h"
#include "monitor/tails.h"

namespace mlops::monitor {
namespace {

constexpr std::size_t k_exact_up_to = 20;

using Frequencies = std::vector<std::pair<std::int64_t, double>>;  // ascending sums and how many paths have them

Frequencies merge(const Frequencies& a, const Frequencies& b, std::int64_t add) {
  Frequencies out;
  out.reserve(a.size() + b.size());
  for (auto i = a.begin(), j = b.begin(); i != a.end() || j != b.end();) {
    if (j == b.end() || (i != a.end() && i->first < j->first))
      out.emplace_back(i->first + add, i->second), ++i;
    else if (i == a.end() || j->first < i->first)
      out.emplace_back(j->first + add, j->second), ++j;
    else
      out.emplace_back(i->first + add, i->second + j->second), ++i, ++j;
  }
  return out;
}

// For each side the sum of (midrank in the pool - position in the side)^2.
struct RankSums {
  double x = 0, y = 0;
};

RankSums rank_sums(const Numbers& numbers) {
  RankSums out;
  double below_x = 0, below_y = 0;
  // For `ties` values of one side beginning at position `from`: the sum of (midrank - position)^2.
  const auto squares = [](double midrank, double from, double ties) {
    double sum = 0;
    if (ties < 64) {
      for (double i = 1; i <= ties; ++i) sum += (midrank - from - i) * (midrank - from - i);
      return sum;
    }
    const double d = midrank - from;
    return ties * d * d - d * ties * (ties + 1) + ties * (ties + 1) * (2 * ties + 1) / 6;
  };
  for_each_value(numbers, [&](double, std::size_t count_x, std::size_t count_y) {
    const auto x = static_cast<double>(count_x), y = static_cast<double>(count_y);
    const double midrank = below_x + below_y + (x + y + 1) / 2;
    out.x += squares(midrank, below_x, x);
    out.y += squares(midrank, below_y, y);
    below_x += x;
    below_y += y;
  });
  return out;
}

}  // namespace

CramerVonMises cramer_von_mises_statistic(const Numbers& numbers) {
  const auto n = static_cast<double>(numbers.reference.size()), m = static_cast<double>(numbers.current.size());
  const auto [x, y] = rank_sums(numbers);
  const double u = n * x + m * y, k = n * m;
  return {u, u / (k * (n + m)) - (4 * k - 1) / (6 * (n + m))};
}

double cramer_von_mises_exact(std::size_t n, std::size_t m, double u) {
  const auto rows = static_cast<std::int64_t>(n), columns = static_cast<std::int64_t>(m);
  const std::int64_t lcm = std::lcm(rows, columns), a = lcm / rows, b = lcm / columns;
  const auto k = static_cast<double>(rows * columns);
  const double limit =
      std::floor(static_cast<double>(lcm * lcm * (rows + columns)) * (6 * u - k * (4 * k - 1)) / (6 * k * k));
  std::vector<Frequencies> line(n + 1);
  for (std::int64_t j = 0; j <= columns; ++j) {
    for (std::int64_t i = 0; i <= rows; ++i) {
      const std::int64_t square = (a * i - b * j) * (a * i - b * j);
      auto& here = line[static_cast<std::size_t>(i)];
      if (i == 0 && j == 0)
        here = {{0, 1.0}};
      else
        here = merge(here, i > 0 ? line[static_cast<std::size_t>(i - 1)] : Frequencies{}, square);
    }
  }
  double all = 0, beyond = 0;
  for (const auto& [value, paths] : line.back()) {
    all += paths;
    if (static_cast<double>(value) >= limit) beyond += paths;
  }
  return beyond / all;
}

double cramer_von_mises_asymptotic(std::size_t n, std::size_t m, double t) {
  const auto x = static_cast<double>(n), y = static_cast<double>(m);
  const double total = x + y, k = x * y;
  const double mean = (1 + 1 / total) / 6;
  const double variance = (total + 1) * (4 * k * total - 3 * (x * x + y * y) - 2 * k) / (45 * total * total * 4 * k);
  const double z = 1.0 / 6 + (t - mean) / std::sqrt(45 * variance);
  return z < 0.003 ? 1 : std::max(0.0, 1 - cramer_von_mises_cdf(z));
}

Outcome cramer_von_mises(const Numbers& numbers) {
  const std::size_t n = numbers.reference.size(), m = numbers.current.size();
  if (n < 2 || m < 2) return Outcome::none("one value on a side");
  const auto statistic = cramer_von_mises_statistic(numbers);
  return std::max(n, m) <= k_exact_up_to ? cramer_von_mises_exact(n, m, statistic.u)
                                         : cramer_von_mises_asymptotic(n, m, statistic.t);
}

}  // namespace mlops::monitor
