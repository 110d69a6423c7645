// Hellinger distance. For numbers the bins are Sturges' on the set of different values, and shares are densities.
#include <algorithm>
#include <cmath>

#include "monitor/bins.h"
#include "monitor/pooled.h"
#include "monitor/statistics.h"
#include "table/histogram.h"

namespace mlops::monitor {

Outcome hellinger(const Counts& counts) {
  const Shares both = shares(counts);
  double overlap = 0;
  for (std::size_t i = 0; i < both.reference.size(); ++i) overlap += std::sqrt(both.reference[i] * both.current[i]);
  return std::sqrt(1 - std::clamp(overlap, 0.0, 1.0));
}

Outcome hellinger(const Numbers& numbers) {
  std::size_t distinct = 0;
  for_each_value(numbers, [&](double, std::size_t, std::size_t) { ++distinct; });
  const auto edges = table::sturges_edges(lowest(numbers), highest(numbers), distinct);
  const auto x = table::count(numbers.reference, edges), y = table::count(numbers.current, edges);
  const double n = static_cast<double>(numbers.reference.size()), m = static_cast<double>(numbers.current.size());
  const double mean_width = (edges.back() - edges.front()) / static_cast<double>(x.size());
  double overlap = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double width = edges[i + 1] - edges[i];
    overlap += std::sqrt(static_cast<double>(x[i]) / width / n * (static_cast<double>(y[i]) / width / m));
  }
  return std::sqrt(1 - std::clamp(overlap * mean_width, 0.0, 1.0));
}

}  // namespace mlops::monitor
