// Built without contraction to fused multiply-add (lib/CMakeLists.txt): the product is rounded, then the sum, as in NumPy.
#include "monitor/bins.h"

#include <algorithm>
#include <cmath>

#include "monitor/pooled.h"
#include "table/sorted.h"

namespace mlops::monitor {
namespace {

constexpr std::size_t k_few_values = 20;

std::vector<double> edges_of_width(double low, double high, double width) {
  const double bins = width > 0 ? std::ceil((high - low) / width) : 1;
  return equal_edges(low, high, static_cast<std::size_t>(std::clamp(bins, 1.0, 1e6)));
}

std::vector<double> divide(std::span<const std::uint64_t> counts, double total) {
  std::vector<double> out;
  out.reserve(counts.size());
  for (const auto count : counts) out.push_back(static_cast<double>(count) / total);
  return out;
}

Shares by_value(const Numbers& numbers) {
  Shares out;
  const auto n = static_cast<double>(numbers.reference.size()), m = static_cast<double>(numbers.current.size());
  for_each_value(numbers, [&](double, std::size_t x, std::size_t y) {
    out.reference.push_back(static_cast<double>(x) / n);
    out.current.push_back(static_cast<double>(y) / m);
  });
  return out;
}

bool has_few_values(std::span<const double> sorted) {
  std::size_t distinct = 1;
  for (std::size_t i = 1; i < sorted.size() && distinct <= k_few_values; ++i) distinct += sorted[i] != sorted[i - 1] ? 1U : 0U;
  return distinct <= k_few_values;
}

void fill_zeros(std::vector<double>& side) {
  double least = 1;
  for (const double share : side)
    if (share > 0) least = std::min(least, share);
  const double filling = least <= 0.0001 ? least / 1e6 : 0.0001;
  for (double& share : side)
    if (share == 0) share = filling;
}

}  // namespace

std::vector<double> equal_edges(double low, double high, std::size_t bins) {
  if (low == high) {
    low -= 0.5;
    high += 0.5;
  }
  const double step = (high - low) / static_cast<double>(bins);
  std::vector<double> out(bins + 1);
  for (std::size_t i = 0; i < bins; ++i) out[i] = static_cast<double>(i) * step + low;
  out[bins] = high;
  return out;
}

std::vector<double> sturges_edges(double low, double high, std::size_t n) {
  return edges_of_width(low, high, (high - low) / (std::log2(static_cast<double>(n)) + 1.0));
}

std::vector<double> doane_edges(double low, double high, std::size_t n, double skewness, double sd) {
  if (n <= 2 || !(sd > 0)) return equal_edges(low, high, 1);
  const auto count = static_cast<double>(n);
  const double spread = std::sqrt(6.0 * (count - 2) / ((count + 1.0) * (count + 3)));
  return edges_of_width(low, high, (high - low) / (1.0 + std::log2(count) + std::log2(1.0 + std::abs(skewness) / spread)));
}

std::vector<std::uint64_t> count(std::span<const double> sorted, std::span<const double> edges) {
  std::vector<std::uint64_t> out;
  out.reserve(edges.size());
  auto from = std::lower_bound(sorted.begin(), sorted.end(), edges.front());
  for (std::size_t i = 1; i < edges.size(); ++i) {
    const auto to = i + 1 < edges.size() ? std::lower_bound(from, sorted.end(), edges[i])
                                         : std::upper_bound(from, sorted.end(), edges[i]);
    out.push_back(static_cast<std::uint64_t>(to - from));
    from = to;
  }
  return out;
}

Shares shares(const Numbers& numbers) {
  if (has_few_values(numbers.reference)) return by_value(numbers);
  const auto edges = sturges_edges(lowest(numbers), highest(numbers), numbers.reference.size() + numbers.current.size());
  return {divide(count(numbers.reference, edges), static_cast<double>(numbers.reference.size())),
          divide(count(numbers.current, edges), static_cast<double>(numbers.current.size()))};
}

Shares shares(const Counts& counts) {
  return {divide(counts.reference, counts.reference_rows()), divide(counts.current, counts.current_rows())};
}

void fill_zeros(Shares& shares) {
  fill_zeros(shares.reference);
  fill_zeros(shares.current);
}

void normalise(std::vector<double>& shares) {
  double total = 0;
  for (const double share : shares) total += share;
  for (double& share : shares) share /= total;
}

}  // namespace mlops::monitor
