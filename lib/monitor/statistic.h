// What a statistic is: one function over the two sides of a column. Adding one touches its file in statistics/ and a
// line of the table in statistic.cpp. Definitions: share/doc/drift.md; they are Evidently's, which are SciPy's.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mlops::monitor {

// Finite values of both sides in ascending order; neither is empty.
struct Numbers {
  std::span<const double> reference, current;
};

// Rows by category. Keys are sorted (numbers by value, texts by bytes); neither total is zero.
struct Counts {
  std::vector<std::string> keys;
  std::vector<std::uint64_t> reference, current;
  [[nodiscard]] double reference_rows() const;
  [[nodiscard]] double current_rows() const;
};

// A number, or why there is none.
struct Outcome {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::string problem;
  Outcome(double number) : value(number) {  // NOLINT: implicit
    if (std::isnan(number)) problem = "0 divided by 0";
  }
  static Outcome none(std::string why) {
    Outcome out(0);
    out.value = std::numeric_limits<double>::quiet_NaN();
    out.problem = std::move(why);
    return out;
  }
  [[nodiscard]] bool computable() const { return problem.empty(); }
};

enum class Direction { p_value, distance };  // low is drift, high is drift

struct Statistic {
  std::string_view name, title;
  Direction direction;
  double threshold;
  bool inclusive;                           // drift also when the value equals the threshold
  Outcome (*of_numbers)(const Numbers&);    // null: not for numbers
  Outcome (*of_categories)(const Counts&);  // null: not for categories

  [[nodiscard]] bool drifts(double value, double limit) const;
};

// In the order in which they are shown.
std::span<const Statistic> statistics();
// Throws Error(usage) with the nearest name.
const Statistic& find_statistic(std::string_view name);
// The test that Evidently takes for a column of `rows` reference values and `distinct` values on both sides.
const Statistic& default_statistic(bool numeric, std::size_t rows, std::size_t distinct);

}  // namespace mlops::monitor
