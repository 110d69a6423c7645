// Mann–Whitney, one-sided as Evidently calls it: the alternative is that the reference is smaller, so a shift downwards
// is never drift. Exact for small samples without ties, else normal with corrections for ties and continuity.
#include <algorithm>
#include <cmath>
#include <vector>

#include "monitor/pooled.h"
#include "monitor/statistics.h"
#include "monitor/tails.h"

namespace mlops::monitor {
namespace {

constexpr std::size_t k_exact_smaller_side = 8, k_exact_product = 20'000;

struct Ranks {
  double u = 0;         // of the reference
  double tie_term = 0;  // sum of t^3 - t
};

Ranks ranks(const Numbers& numbers) {
  Ranks out;
  double below_y = 0;
  for_each_value(numbers, [&](double, std::size_t x, std::size_t y) {
    const auto t = static_cast<double>(x + y);
    out.u += static_cast<double>(x) * (below_y + static_cast<double>(y) / 2);
    out.tie_term += t * t * t - t;
    below_y += static_cast<double>(y);
  });
  return out;
}

// P(U >= u). probabilities[i][v] for i values of the small side among j of the large one, j growing: the last value
// belongs to either side with probability i/(i+j) or j/(i+j).
double exact_sf(double u, std::size_t small, std::size_t large) {
  std::vector<std::vector<double>> at(small + 1, {1.0});
  for (std::size_t j = 1; j <= large; ++j) {
    for (std::size_t i = 1; i <= small; ++i) {
      std::vector<double> next(i * j + 1);
      const double to_small = static_cast<double>(i) / static_cast<double>(i + j);
      for (std::size_t v = 0; v < at[i].size(); ++v) next[v] += (1 - to_small) * at[i][v];
      for (std::size_t v = 0; v < at[i - 1].size(); ++v) next[v + j] += to_small * at[i - 1][v];
      at[i] = std::move(next);
    }
  }
  double out = 0;
  for (std::size_t v = at[small].size(); v-- > 0 && static_cast<double>(v) >= u;) out += at[small][v];
  return std::min(out, 1.0);
}

}  // namespace

double mann_whitney_u(const Numbers& numbers) { return ranks(numbers).u; }

Outcome mann_whitney(const Numbers& numbers) {
  const auto [u, ties] = ranks(numbers);
  const std::size_t small = std::min(numbers.reference.size(), numbers.current.size());
  const std::size_t large = std::max(numbers.reference.size(), numbers.current.size());
  const auto n = static_cast<double>(numbers.reference.size()), m = static_cast<double>(numbers.current.size());
  const double of_current = n * m - u, total = n + m;
  if (small <= k_exact_smaller_side && ties == 0 && small * large <= k_exact_product)
    return exact_sf(of_current, small, large);
  const double spread = std::sqrt(n * m / 12 * ((total + 1) - ties / (total * (total - 1))));
  if (!(spread > 0)) return 1.0;
  return std::clamp(normal_sf((of_current - n * m / 2 - 0.5) / spread), 0.0, 1.0);
}

}  // namespace mlops::monitor
