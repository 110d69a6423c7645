#include "monitor/chart.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "monitor/counts.h"
#include "monitor/pooled.h"
#include "table/histogram.h"

namespace mlops::monitor {
namespace {

constexpr std::size_t k_most_bars = 40, k_most_values = 24, k_most_labels = 16;

std::size_t distinct_up_to(const Numbers& numbers, std::size_t limit) {
  std::size_t out = 0;
  for_each_value(numbers, [&](double, std::size_t, std::size_t) { ++out; });
  return std::min(out, limit);
}

std::pair<double, double> range_of(const Numbers& numbers) {
  const std::pair inner{std::min(table::quantile(numbers.reference, 0.005), table::quantile(numbers.current, 0.005)),
                        std::max(table::quantile(numbers.reference, 0.995), table::quantile(numbers.current, 0.995))};
  return table::drawn_range({lowest(numbers), highest(numbers)}, inner);
}

std::vector<double> shares_of(std::span<const std::uint64_t> counts, double total) {
  std::vector<double> out;
  for (const auto count : counts) out.push_back(total > 0 ? static_cast<double>(count) / total : 0);
  return out;
}

double share_below(std::span<const double> sorted, double edge) {
  return static_cast<double>(std::lower_bound(sorted.begin(), sorted.end(), edge) - sorted.begin()) /
         static_cast<double>(sorted.size());
}
double share_above(std::span<const double> sorted, double edge) {
  return static_cast<double>(sorted.end() - std::upper_bound(sorted.begin(), sorted.end(), edge)) /
         static_cast<double>(sorted.size());
}

// Bars in the order of the keys.
Chart all_bars(const Counts& counts) {
  Chart out;
  out.labels = counts.keys;
  out.reference = shares_of(counts.reference, counts.reference_rows());
  out.current = shares_of(counts.current, counts.current_rows());
  return out;
}

}  // namespace

Chart chart_of(const Numbers& numbers) {
  if (distinct_up_to(numbers, k_most_values + 1) <= k_most_values) return all_bars(count_values(numbers));
  const auto [low, high] = range_of(numbers);
  const std::size_t n = numbers.reference.size() + numbers.current.size();
  const auto shape = table::moments(numbers.reference);
  const std::size_t bars =
      std::clamp<std::size_t>(table::doane_edges(low, high, n, shape.skewness, shape.sd).size() - 1, 8, k_most_bars);
  Chart out;
  out.edges = table::equal_edges(low, high, bars);
  out.reference = shares_of(table::count(numbers.reference, out.edges), static_cast<double>(numbers.reference.size()));
  out.current = shares_of(table::count(numbers.current, out.edges), static_cast<double>(numbers.current.size()));
  out.reference_below = share_below(numbers.reference, low);
  out.reference_above = share_above(numbers.reference, high);
  out.current_below = share_below(numbers.current, low);
  out.current_above = share_above(numbers.current, high);
  return out;
}

// The categories with the most rows on either side; the others are summed up.
Chart chart_of(const Counts& counts) {
  Chart all = all_bars(counts);
  if (all.labels.size() <= k_most_labels) return all;
  std::vector<std::size_t> order(all.labels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto weight = [&](std::size_t i) { return std::max(all.reference[i], all.current[i]); };
  std::partial_sort(order.begin(), order.begin() + k_most_labels, order.end(), [&](std::size_t a, std::size_t b) {
    return weight(a) != weight(b) ? weight(a) > weight(b) : a < b;
  });
  Chart out;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const std::size_t i = order[rank];
    if (rank < k_most_labels) {
      out.labels.push_back(all.labels[i]);
      out.reference.push_back(all.reference[i]);
      out.current.push_back(all.current[i]);
    } else {
      out.reference_rest += all.reference[i];
      out.current_rest += all.current[i];
      ++out.rest;
    }
  }
  return out;
}

Summary summary_of(const table::Column& column, const table::Finite& finite, std::span<const double> sorted) {
  Summary out;
  out.rows = column.rows();
  out.nulls = column.nulls() + finite.nan;
  out.infinite = finite.infinite;
  if (sorted.empty()) return out;
  out.distinct = table::count_distinct(sorted);
  const auto shape = table::moments(sorted);
  out.mean = shape.mean;
  out.sd = shape.sd;
  out.min = sorted.front();
  out.max = sorted.back();
  for (const double share : k_quantiles) out.quantiles.push_back(table::quantile(sorted, share));
  return out;
}

Summary summary_of(const table::Column& column) {
  Summary out;
  out.rows = column.rows();
  out.nulls = column.nulls();
  if (column.kind != table::Kind::time) return out;
  for (std::size_t row = 0; row < column.rows(); ++row) {
    if (!column.valid(row)) continue;
    const auto time = column.times()[row];
    out.first = std::min(out.first.value_or(time), time);
    out.last = std::max(out.last.value_or(time), time);
  }
  return out;
}

double effect_of(const Counts& counts) {
  const double n = counts.reference_rows(), m = counts.current_rows();
  double sum = 0;
  for (std::size_t i = 0; i < counts.keys.size(); ++i)
    sum += std::abs(static_cast<double>(counts.reference[i]) / n - static_cast<double>(counts.current[i]) / m);
  return sum / 2;
}

double chance_of(const Counts& counts) {
  const double n = counts.reference_rows(), m = counts.current_rows();
  double sum = 0;  // of standard deviations of the differences of shares; a normal's mean size is 0.798 of its own
  for (std::size_t i = 0; i < counts.keys.size(); ++i) {
    const double share = static_cast<double>(counts.reference[i] + counts.current[i]) / (n + m);
    sum += std::sqrt(share * (1 - share) * (1 / n + 1 / m));
  }
  return std::min(1.0, sum / 2 * std::sqrt(2 / std::numbers::pi));
}

double chance_of(const Numbers& numbers) {
  const auto n = static_cast<double>(numbers.reference.size()), m = static_cast<double>(numbers.current.size());
  constexpr double k_mean = 0.8687;  // of Kolmogorov's distribution: sqrt(pi/2) ln 2
  return std::min(1.0, k_mean * std::sqrt(1 / n + 1 / m));
}

std::string sparkline(const Chart& chart, bool current) {
  auto bars = current ? chart.current : chart.reference;
  if (bars.size() < 3) return {};
  bars.front() += current ? chart.current_below : chart.reference_below;
  bars.back() += current ? chart.current_above : chart.reference_above;
  return table::sparkline(bars, 8);
}

}  // namespace mlops::monitor
