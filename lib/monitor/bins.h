// Histograms as NumPy draws them, to the last bit: the number of bins decides the value of a drift score.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "monitor/statistic.h"

namespace mlops::monitor {

// B + 1 edges of B equal bins from `low` to `high` (which may be equal).
std::vector<double> equal_edges(double low, double high, std::size_t bins);
// Sturges: the width is (high - low) / (log2 n + 1).
std::vector<double> sturges_edges(double low, double high, std::size_t n);
// Doane: wider samples' skewness counts. `skewness` with ddof 0.
std::vector<double> doane_edges(double low, double high, std::size_t n, double skewness, double sd);
// Bin i is [edge i, edge i + 1), the last is closed; values outside count nowhere.
std::vector<std::uint64_t> count(std::span<const double> sorted, std::span<const double> edges);

// The bins that psi, kl_div and jensenshannon use: Sturges on the pool, or one a value where the reference has at most 20
// different ones.
struct Shares {
  std::vector<double> reference, current;
};
Shares shares(const Numbers& numbers);
Shares shares(const Counts& counts);
// Each side's zeros become a small share, so that logarithms exist (psi, kl_div).
void fill_zeros(Shares& shares);
void normalise(std::vector<double>& shares);

}  // namespace mlops::monitor
