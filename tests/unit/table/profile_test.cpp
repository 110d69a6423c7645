#include "table/profile.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "table/histogram.h"
#include "table/sorted.h"

using namespace mlops;
using namespace mlops::table;

TEST_CASE("Sorting agrees with comparison, also for long columns with signs and zeros") {
  std::mt19937_64 random(1);
  for (const std::size_t count : {0U, 1U, 100U, 5000U, 40'000U}) {
    std::vector<double> values(count);
    for (auto& value : values)
      value = (static_cast<double>(random() % 2001) - 1000) * std::pow(10.0, static_cast<double>(random() % 40) - 20);
    if (count > 2)
      values[0] = -0.0, values[1] = std::numeric_limits<double>::max(),
      values[2] = -std::numeric_limits<double>::denorm_min();
    auto expected = values;
    std::sort(expected.begin(), expected.end());
    sort_values(values);
    CHECK(values == expected);
    CHECK(std::is_sorted(values.begin(), values.end()));
  }
}

TEST_CASE("Quantiles interpolate as NumPy's do") {
  const std::vector<double> values{1, 2, 4, 8};
  CHECK(quantile(values, 0) == 1);
  CHECK(quantile(values, 0.5) == 3);
  CHECK(quantile(values, 0.25) == 1.75);
  CHECK(quantile(values, 1) == 8);
}

TEST_CASE("A profile says what is in the columns") {
  const double nan = std::nan("");
  Table table;
  table.add(make_reals("x", {1, 2, 2, nan, INFINITY}));
  table.add(make_integers("k", {1, 2, 2, 2, 5}, {1, 1, 1, 1, 0}));
  table.add(make_texts("t", {"a", "b", "b", "", "ccc"}));
  table.add(make_booleans("f", {1, 0, 0, 0, 1}));
  const auto got = profile(table);
  CHECK(got.columns[0].nulls == 1);
  CHECK(got.columns[0].infinite == 1);
  CHECK(got.columns[0].distinct == 2);
  CHECK(*got.columns[0].mean == Approx(5.0 / 3));
  CHECK(got.columns[1].nulls == 1);
  CHECK(got.columns[1].top.front().value == "2");
  CHECK(got.columns[1].top.front().rows == 3);
  CHECK(got.columns[2].distinct == 4);
  CHECK(*got.columns[2].longest == 3);
  CHECK(got.columns[3].top.front().value == "false");
  CHECK(got.repeated_rows == 1);  // rows 1 and 2
}

TEST_CASE("Correlations come strongest first and leave out what is constant") {
  std::vector<double> x(200), y(200), z(200), c(200, 1.0);
  for (std::size_t i = 0; i < 200; ++i) {
    x[i] = static_cast<double>(i);
    y[i] = -2 * x[i] + 1;
    z[i] = x[i] + static_cast<double>(i * 7919 % 101);
  }
  Table table;
  table.add(make_reals("x", x));
  table.add(make_reals("y", y));
  table.add(make_reals("z", z));
  table.add(make_reals("c", c));
  const auto got = profile(table).correlations;
  REQUIRE(got.size() == 3);
  CHECK(got[0].a == "x");
  CHECK(got[0].b == "y");
  CHECK(got[0].value == Approx(-1));
}

TEST_CASE("Coarser bars keep the area") {
  std::vector<double> bars(14, 1.0 / 14);
  for (const double bar : coarser(bars, 10)) CHECK(bar == Approx(0.1));
  CHECK(coarser(std::vector<double>{1, 2}, 10).size() == 2);
}
