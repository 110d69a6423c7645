// Has a table drifted from its reference? One verdict a column, by the tests and limits that Evidently takes by
// default.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "monitor/column_type.h"
#include "monitor/statistic.h"
#include "table/table.h"

namespace mlops::monitor {

struct DriftOptions {
  std::vector<std::string> tests;            // empty: the default of each column; "all": every one that fits
  std::vector<std::string> columns;          // empty: all that both tables have
  std::optional<double> threshold;           // for every test
  std::map<std::string, double> thresholds;  // by test; goes before `threshold`
  double share = 0.5;             // of the tested columns: from there on the whole data set counts as drifted
  std::size_t minimum_rows = 10;  // of either side; with fewer the verdict is "too few"
  double minimum_effect = 0;      // a smaller effect is no drift, whatever the test says
  bool correct = false;           // Benjamini and Hochberg's correction of the deciding p-values
  std::stop_token stop;
};

enum class Verdict { drift, none, too_few, not_computable, not_tested };
const char* to_text(Verdict verdict);

struct TestResult {
  const Statistic* statistic = nullptr;
  double value = 0;  // NaN when there is none: see `problem`
  double threshold = 0;
  double corrected = 0;  // the p-value after correction; NaN without
  bool drift = false;
  std::string problem;
};

// One side of a column.
struct Summary {
  std::size_t rows = 0, nulls = 0, infinite = 0, distinct = 0;  // NaN counts as null
  std::optional<double> mean, sd, min, max;                     // numeric columns with values
  std::vector<double> quantiles;                                // at k_quantiles
  std::optional<Micros> first, last;                            // times
};
inline constexpr double k_quantiles[] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};

// What is drawn: shares of the rows with a value. Bars of numbers lie between `edges`, what lies outside of them is in
// `below` and `above`; else there is a label for each bar, and `rest` is all that has no bar.
struct Chart {
  std::vector<double> edges;
  std::vector<std::string> labels;
  std::vector<double> reference, current;
  double reference_below = 0, reference_above = 0, current_below = 0, current_above = 0;
  double reference_rest = 0, current_rest = 0;
  std::size_t rest = 0;  // categories without a bar
};

struct Category {
  std::string name;
  std::uint64_t rows = 0;
};

struct ColumnDrift {
  std::string name;
  ColumnType type = ColumnType::unknown;
  std::string source_type;  // as the reference's file calls it
  Verdict verdict = Verdict::not_tested;
  std::string reason;             // why there is no verdict, or what else is to be known
  std::vector<TestResult> tests;  // the one that decides comes first
  double effect = 0;  // share of rows that moved, 0 to 1 (KS distance, or half the sum of differences of shares)
  double chance = 0;  // what two samples of these sizes would show on average without any drift
  Summary reference, current;
  Chart chart;
  std::vector<Category> appeared, gone;  // categories of one side only, most frequent first, at most k_categories
  std::size_t appeared_count = 0, gone_count = 0;
};

struct DriftResult {
  DriftOptions options;
  std::size_t reference_rows = 0, current_rows = 0;
  std::vector<ColumnDrift> columns;  // drifted first, then by effect beyond chance
  std::vector<std::string> only_reference, only_current;
  std::size_t drifted = 0, tested = 0;  // tested: those with a verdict, yes or no
  Json provenance =
      Json::object();  // what the caller knows of both sides: names, ids, time; goes into the JSON as it is

  [[nodiscard]] bool drift() const { return drifted > 0; }
  [[nodiscard]] bool dataset_drift() const;
};

// Throws Error(usage) for an unknown test, before anything is read.
void check(const DriftOptions& options);
// Throws Error(input) when there is no common column or a side has no rows, Error(usage) for an unknown test.
DriftResult drift(const table::Table& reference, const table::Table& current, const DriftOptions& options);

// Fields: the page of `mlops monitor drift`.
Json to_json(const DriftResult& result);
// "2 of 14 features drift; most: tenure, plan".
std::string verdict_in_words(const DriftResult& result);

}  // namespace mlops::monitor
