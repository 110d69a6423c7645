// Histograms as NumPy draws them, to the last bit: the number of bins decides the value of a drift score. Built without
// contraction to fused multiply-add (lib/CMakeLists.txt): the product is rounded, then the sum.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mlops::table {

// B + 1 edges of B equal bins from `low` to `high` (which may be equal).
std::vector<double> equal_edges(double low, double high, std::size_t bins);
// Sturges: the width is (high - low) / (log2 n + 1).
std::vector<double> sturges_edges(double low, double high, std::size_t n);
// Doane: skewness makes bins narrower. `skewness` and `sd` with ddof 0.
std::vector<double> doane_edges(double low, double high, std::size_t n, double skewness, double sd);
// Bin i is [edge i, edge i + 1), the last is closed; values outside count nowhere.
std::vector<std::uint64_t> count(std::span<const double> sorted, std::span<const double> edges);

// What a chart shows of values between `low` and `high`: all of it, or, where long tails would leave one bar for
// everything, what lies between the inner pair (say half-percent quantiles).
std::pair<double, double> drawn_range(std::pair<double, double> whole, std::pair<double, double> inner);

// The same area in fewer bars: what a bar holds is spread evenly over its width.
std::vector<double> coarser(std::span<const double> bars, std::size_t most);
// Bars as block characters, at most `most`: "▁▂▅█▅▂▁".
std::string sparkline(std::span<const double> bars, std::size_t most);

}  // namespace mlops::table
