// Both sides of a column walked as one ascending sequence of different values.
#pragma once

#include <algorithm>

#include "monitor/statistic.h"

namespace mlops::monitor {

// Calls visit(value, x, y) for each different value of the pool; x and y are how often it stands on either side.
template <typename Visit>
void for_each_value(const Numbers& numbers, Visit&& visit) {
  const auto& a = numbers.reference;
  const auto& b = numbers.current;
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const double value = j == b.size() || (i < a.size() && a[i] <= b[j]) ? a[i] : b[j];
    const std::size_t from_i = i, from_j = j;
    while (i < a.size() && a[i] == value) ++i;
    while (j < b.size() && b[j] == value) ++j;
    visit(value, i - from_i, j - from_j);
  }
}

// The same, with the share of either side at or below the value and the next value: visit(value, next, f, g). The last
// value, after which nothing comes, is not visited.
template <typename Visit>
void for_each_interval(const Numbers& numbers, Visit&& visit) {
  const auto n = static_cast<double>(numbers.reference.size()), m = static_cast<double>(numbers.current.size());
  std::size_t below_x = 0, below_y = 0;
  double last = 0;
  bool first = true;
  for_each_value(numbers, [&](double value, std::size_t x, std::size_t y) {
    if (!first) visit(last, value, static_cast<double>(below_x) / n, static_cast<double>(below_y) / m);
    first = false;
    below_x += x;
    below_y += y;
    last = value;
  });
}

inline double lowest(const Numbers& numbers) { return std::min(numbers.reference.front(), numbers.current.front()); }
inline double highest(const Numbers& numbers) { return std::max(numbers.reference.back(), numbers.current.back()); }

}  // namespace mlops::monitor
