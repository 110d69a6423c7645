// The finite values of a numeric column in ascending order: what quantiles, distinct counts and most statistics begin
// with.
#pragma once

#include <cstdint>
#include <vector>

#include "table/table.h"

namespace mlops::table {

// Ascending; no NaN may be among them. Least-significant-digit radix sort from a few thousand values on: for a million
// doubles five times as fast as comparing.
void sort_values(std::vector<double>& values);

struct Finite {
  std::vector<double> values;  // in the order of the rows
  std::size_t infinite = 0, nan = 0;
};
// Integers above 2^53 become the nearest double; booleans 0 and 1. Texts, times and others give none.
Finite finite_values(const Column& column);

// Linear interpolation between order statistics (Hyndman and Fan's type 7). `sorted` is not empty, `share` in [0, 1].
double quantile(std::span<const double> sorted, double share);

struct Moments {
  double mean = 0, sd = 0, skewness = 0;  // of the values as a population (ddof 0)
};
Moments moments(std::span<const double> values);

// How many different values there are; -0.0 and 0.0 are one.
std::size_t count_distinct(std::span<const double> sorted);

}  // namespace mlops::table
