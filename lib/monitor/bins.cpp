#include "monitor/bins.h"

#include <algorithm>
#include <cmath>

#include "monitor/pooled.h"
#include "table/histogram.h"

namespace mlops::monitor {
namespace {

constexpr std::size_t k_few_values = 20;

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
  for (std::size_t i = 1; i < sorted.size() && distinct <= k_few_values; ++i)
    distinct += sorted[i] != sorted[i - 1] ? 1U : 0U;
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

Shares shares(const Numbers& numbers) {
  if (has_few_values(numbers.reference)) return by_value(numbers);
  const auto edges =
      table::sturges_edges(lowest(numbers), highest(numbers), numbers.reference.size() + numbers.current.size());
  return {divide(table::count(numbers.reference, edges), static_cast<double>(numbers.reference.size())),
          divide(table::count(numbers.current, edges), static_cast<double>(numbers.current.size()))};
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
