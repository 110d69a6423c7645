#include "table/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mlops::table {
namespace {

std::vector<double> edges_of_width(double low, double high, double width) {
  const double bins = width > 0 ? std::ceil((high - low) / width) : 1;
  return equal_edges(low, high, static_cast<std::size_t>(std::clamp(bins, 1.0, 1e6)));
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
  return edges_of_width(low, high,
                        (high - low) / (1.0 + std::log2(count) + std::log2(1.0 + std::abs(skewness) / spread)));
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

std::pair<double, double> drawn_range(std::pair<double, double> whole, std::pair<double, double> inner) {
  constexpr double k_long_tails = 2.5;
  const double width = inner.second - inner.first;
  return width <= 0 || whole.second - whole.first <= k_long_tails * width ? whole : inner;
}

std::vector<double> coarser(std::span<const double> bars, std::size_t most) {
  if (bars.size() <= most) return {bars.begin(), bars.end()};
  const double width = static_cast<double>(most) / static_cast<double>(bars.size());  // of a bar, in cells
  std::vector<double> out(most);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double from = static_cast<double>(i) * width, to = from + width;
    const auto first = static_cast<std::size_t>(from), last = std::min(static_cast<std::size_t>(to), most - 1);
    if (first == last) {
      out[first] += bars[i];
      continue;
    }
    const double in_first = (static_cast<double>(last) - from) / width;
    out[first] += bars[i] * in_first;
    out[last] += bars[i] * (1 - in_first);
  }
  return out;
}

std::string sparkline(std::span<const double> bars, std::size_t most) {
  static constexpr std::array<const char*, 8> k_blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto heights = coarser(bars, most);
  const double highest = heights.empty() ? 0 : *std::max_element(heights.begin(), heights.end());
  std::string out;
  for (const double height : heights)
    out += k_blocks.at(highest > 0 ? static_cast<std::size_t>(std::lround(height / highest * 7)) : 0);
  return out;
}

}  // namespace mlops::table
