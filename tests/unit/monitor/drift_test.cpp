#include "monitor/drift.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "base/error.h"
#include "monitor/report.h"

using namespace mlops;
using namespace mlops::monitor;
using table::Table;

namespace {

std::vector<double> ramp(std::size_t rows, double shift) {
  std::vector<double> out;
  for (std::size_t i = 0; i < rows; ++i) out.push_back(static_cast<double>(i * 7919 % 1009) / 1009 + shift);
  return out;
}

Table one(table::Column column) {
  Table out;
  out.add(std::move(column));
  return out;
}

ColumnDrift look(table::Column reference, table::Column current, const DriftOptions& options = {}) {
  return drift(one(std::move(reference)), one(std::move(current)), options).columns.front();
}

}  // namespace

TEST_CASE("Types are those of the reference") {
  const std::vector<std::int64_t> few{1, 2, 3, 1, 2, 3}, many{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  CHECK(column_type(table::make_integers("a", few)) == ColumnType::categorical);
  CHECK(column_type(table::make_integers("a", many)) == ColumnType::numeric);
  CHECK(column_type(table::make_integers("a", few, {1, 1, 1, 1, 1, 0})) ==
        ColumnType::numeric);  // pandas makes them floats
  CHECK(column_type(table::make_reals("a", {1, 1})) == ColumnType::numeric);
  CHECK(column_type(table::make_booleans("a", {1, 0}, {1, 0})) == ColumnType::categorical);
  CHECK(column_type(table::make_texts("a", {"x", "x", "y", "y"})) == ColumnType::categorical);
  CHECK(column_type(table::make_texts("a", {"x", "z", "y", "y"})) == ColumnType::text);
  CHECK(column_type(table::make_times("a", {1})) == ColumnType::time);
  CHECK(column_type(table::make_reals("a", {1}, {0})) == ColumnType::unknown);
}

TEST_CASE("Default tests hang on the reference's rows and the pool's values") {
  CHECK(default_statistic(true, 1000, 6).name == "ks");
  CHECK(default_statistic(true, 1000, 5).name == "chisquare");
  CHECK(default_statistic(true, 1000, 2).name == "z");
  CHECK(default_statistic(true, 1001, 6).name == "wasserstein");
  CHECK(default_statistic(true, 1001, 5).name == "jensenshannon");
  CHECK(default_statistic(false, 1000, 6).name == "chisquare");
  CHECK(default_statistic(false, 1001, 2).name == "jensenshannon");
}

TEST_CASE("Each column gets a verdict, whatever is in it") {
  const double nan = std::nan("");
  CHECK(look(table::make_reals("a", ramp(300, 0)), table::make_reals("a", ramp(300, 0))).verdict == Verdict::none);
  CHECK(look(table::make_reals("a", ramp(300, 0)), table::make_reals("a", ramp(300, 1))).verdict == Verdict::drift);
  CHECK(look(table::make_reals("a", ramp(300, 0)), table::make_reals("a", ramp(9, 1))).verdict == Verdict::too_few);
  CHECK(look(table::make_reals("a", ramp(300, 0)), table::make_reals("a", {nan, nan, INFINITY})).verdict ==
        Verdict::not_computable);
  CHECK(look(table::make_times("a", {1, 2}), table::make_times("a", {3, 4})).verdict == Verdict::not_tested);
  const auto worded =
      look(table::make_reals("a", ramp(300, 0)), table::make_texts("a", std::vector<std::string>(300, "many")));
  CHECK(worded.verdict == Verdict::drift);
  CHECK(worded.reason == "the type changed from real to text");
}

TEST_CASE("Infinities and nulls are left out, not tested") {
  auto with = ramp(300, 0);
  with.push_back(INFINITY);
  with.push_back(std::nan(""));
  const auto clean = look(table::make_reals("a", ramp(300, 0)), table::make_reals("a", ramp(250, 0)));
  const auto dirty = look(table::make_reals("a", with), table::make_reals("a", ramp(250, 0)));
  CHECK(dirty.tests.front().value == clean.tests.front().value);
  CHECK(dirty.reference.infinite == 1);
  CHECK(dirty.reference.nulls == 1);
}

TEST_CASE("New and lost categories are named, whole numbers and truth values too") {
  std::vector<std::string> before, after;
  for (int i = 0; i < 300; ++i) {
    before.emplace_back(i % 3 == 0 ? "basic" : "plus");
    after.emplace_back(i % 3 == 0 ? "basic" : "family");
  }
  const auto plans = look(table::make_texts("a", before), table::make_texts("a", after));
  REQUIRE(plans.appeared.size() == 1);
  CHECK(plans.appeared[0].name == "family");
  CHECK(plans.gone[0].name == "plus");
  CHECK(plans.effect == Approx(2.0 / 3));
  const auto flags = look(table::make_booleans("a", std::vector<std::uint8_t>(100, 1)),
                          table::make_booleans("a", std::vector<std::uint8_t>(100, 0)));
  CHECK(flags.verdict == Verdict::drift);
  CHECK(flags.appeared[0].name == "false");
}

TEST_CASE("Correction makes p-values larger, by their rank") {
  Table reference, current;
  for (int i = 0; i < 4; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    reference.add(table::make_reals(name, ramp(200, 0)));
    current.add(table::make_reals(name, ramp(180, i == 0 ? 0.3 : 0.03 * i)));
  }
  DriftOptions options;
  options.correct = true;
  const auto result = drift(reference, current, options);
  for (const auto& column : result.columns) {
    CHECK(column.tests.front().corrected >= column.tests.front().value);
    CHECK(column.tests.front().corrected <= 1);
  }
  CHECK(result.columns.front().name == "a");
}

TEST_CASE("What chance would move is said where it is most of it") {
  std::mt19937_64 random(3);
  std::vector<std::string> before, after;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    before.push_back(std::to_string(random() % 5000));
    after.push_back(std::to_string(random() % 5000));
  }
  const auto ids = look(table::make_texts("a", before), table::make_texts("a", after));
  CHECK(ids.verdict == Verdict::drift);  // as Evidently has it
  CHECK(ids.effect == Approx(ids.chance).epsilon(0.05));
  CHECK(ids.reason.starts_with("chance alone would move"));
}

TEST_CASE("No common column and unknown tests are errors") {
  CHECK_THROWS_AS(drift(one(table::make_reals("a", {1})), one(table::make_reals("b", {1})), {}), Error);
  DriftOptions options;
  options.tests = {"kss"};
  CHECK_THROWS_AS(drift(one(table::make_reals("a", {1})), one(table::make_reals("a", {1})), options), Error);
}

TEST_CASE("The page is drawn from the JSON, whatever it holds") {
  const std::string hostile = "</script><script>alert(1)</script>";
  auto result = drift(one(table::make_texts(hostile, std::vector<std::string>(30, hostile))),
                      one(table::make_texts(hostile, std::vector<std::string>(30, "\x01\"'&\xff"))), {});
  result.provenance = {{"reference", {{"name", hostile}}}, {"current", {{"name", hostile}}}, {"command", hostile}};
  const auto json = parse_json(to_json(result).dump(-1, ' ', false, Json::error_handler_t::replace), "result");
  const auto page = html_report(json);
  CHECK(page.find("<script>alert") == std::string::npos);
  CHECK(page.find("&lt;script&gt;alert(1)") != std::string::npos);
  CHECK(page.find('\x01') == std::string::npos);
  CHECK_THROWS_AS(html_report({{"type", "run"}}), Error);
}
