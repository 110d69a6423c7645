#include "monitor/drift.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/pool.h"
#include "base/text.h"
#include "monitor/chart.h"
#include "monitor/counts.h"
#include "monitor/pooled.h"
#include "monitor/statistics.h"

namespace mlops::monitor {
namespace {

using table::Column;
using table::Kind;

constexpr std::size_t k_categories = 10;

bool all_tests(const DriftOptions& options) {
  return std::find(options.tests.begin(), options.tests.end(), "all") != options.tests.end();
}

// A column's two sides in the form that tests take: as numbers, as counts, or as both.
struct Sides {
  std::vector<double> x, y;
  Counts counts;
  bool numeric = false;
  [[nodiscard]] Numbers numbers() const { return {x, y}; }
};

double limit_for(const Statistic& statistic, const DriftOptions& options) {
  const auto own = options.thresholds.find(std::string(statistic.name));
  return own != options.thresholds.end() ? own->second : options.threshold.value_or(statistic.threshold);
}

// Few different numbers are tested as categories where the default says so.
Outcome outcome_of(const Statistic& statistic, const Sides& sides) {
  if (sides.numeric && statistic.of_numbers != nullptr) return statistic.of_numbers(sides.numbers());
  if (statistic.of_categories == nullptr) return Outcome::none("it is for numbers");
  return statistic.of_categories(sides.numeric ? count_values(sides.numbers()) : sides.counts);
}

TestResult run_test(const Statistic& statistic, const Sides& sides, const DriftOptions& options) {
  const Outcome outcome = outcome_of(statistic, sides);
  TestResult out{&statistic, outcome.value, limit_for(statistic, options), std::nan(""), false, outcome.problem};
  out.drift = outcome.computable() && statistic.drifts(outcome.value, out.threshold);
  return out;
}

bool fits(const Statistic& statistic, bool numeric) {
  return numeric ? statistic.of_numbers != nullptr : statistic.of_categories != nullptr;
}

// The default first when it was asked for or nothing was; then what was asked for, as far as it fits.
std::vector<const Statistic*> chosen_tests(const Statistic& standard, bool numeric, const DriftOptions& options) {
  std::vector<const Statistic*> out;
  if (options.tests.empty() || all_tests(options)) out.push_back(&standard);
  if (all_tests(options)) {
    for (const auto& statistic : statistics())
      if (fits(statistic, numeric) && &statistic != &standard) out.push_back(&statistic);
    return out;
  }
  for (const auto& name : options.tests)
    if (const auto& statistic = find_statistic(name); fits(statistic, numeric)) out.push_back(&statistic);
  return out;
}

void run_tests(ColumnDrift& column, const Sides& sides, const Statistic& standard, const DriftOptions& options) {
  for (const auto* statistic : chosen_tests(standard, sides.numeric, options))
    column.tests.push_back(run_test(*statistic, sides, options));
  if (column.tests.empty()) {
    column.verdict = Verdict::not_tested;
    column.reason = std::string("no test asked for is for ") + to_text(column.type) + " columns";
  }
}

// By its first test.
void decide(ColumnDrift& column, std::size_t fewest_rows, const DriftOptions& options) {
  if (column.tests.empty()) return;
  const auto& test = column.tests.front();
  if (!test.problem.empty()) {
    column.verdict = Verdict::not_computable;
    column.reason = test.problem;
  } else if (fewest_rows < options.minimum_rows) {
    column.verdict = Verdict::too_few;
    column.reason = std::to_string(fewest_rows) + " values; a verdict needs " + std::to_string(options.minimum_rows);
  } else {
    column.verdict = test.drift && column.effect >= options.minimum_effect ? Verdict::drift : Verdict::none;
    if (test.drift && column.verdict == Verdict::none) column.reason = "the effect is below the least that counts";
    // Many categories with few rows each: distances between them do not vanish, they count chance.
    if (column.verdict == Verdict::drift && column.effect < 1.25 * column.chance)
      column.reason = fmt::format("chance alone would move {:.1f} % here", 100 * column.chance);
  }
}

void note_categories(ColumnDrift& column, const Counts& counts) {
  for (std::size_t i = 0; i < counts.keys.size(); ++i) {
    if (counts.reference[i] == 0) column.appeared.push_back({counts.keys[i], counts.current[i]});
    if (counts.current[i] == 0) column.gone.push_back({counts.keys[i], counts.reference[i]});
  }
  column.appeared_count = column.appeared.size();
  column.gone_count = column.gone.size();
  for (auto* list : {&column.appeared, &column.gone}) {
    std::stable_sort(list->begin(), list->end(), [](const Category& a, const Category& b) { return a.rows > b.rows; });
    if (list->size() > k_categories) list->resize(k_categories);
  }
}

std::size_t distinct_values(const Numbers& numbers) {
  std::size_t out = 0;
  for_each_value(numbers, [&](double, std::size_t, std::size_t) { ++out; });
  return out;
}

const char* side_without_values(bool reference_empty) {
  return reference_empty ? "the reference has no values" : "the current data has no values";
}

void test_numbers(ColumnDrift& out, const Column& reference, const Column& current, const DriftOptions& options) {
  auto x = table::finite_values(reference), y = table::finite_values(current);
  table::sort_values(x.values);
  table::sort_values(y.values);
  out.reference = summary_of(reference, x, x.values);
  out.current = summary_of(current, y, y.values);
  if (x.values.empty() || y.values.empty()) {
    out.verdict = Verdict::not_computable;
    out.reason = side_without_values(x.values.empty());
    return;
  }
  const Sides sides{std::move(x.values), std::move(y.values), {}, true};
  out.effect = ks_distance(sides.numbers());
  out.chance = chance_of(sides.numbers());
  out.chart = chart_of(sides.numbers());
  run_tests(out, sides, default_statistic(true, sides.x.size(), distinct_values(sides.numbers())), options);
  decide(out, std::min(sides.x.size(), sides.y.size()), options);
}

void test_categories(ColumnDrift& out, const Column& reference, const Column& current, const DriftOptions& options) {
  Sides sides;
  sides.counts = count_categories(reference, current);
  out.reference = summary_of(reference);
  out.current = summary_of(current);
  const auto& counts = sides.counts;
  const auto different = [&](const std::vector<std::uint64_t>& side) {
    return counts.keys.size() - static_cast<std::size_t>(std::count(side.begin(), side.end(), std::uint64_t{0}));
  };
  out.reference.distinct = different(counts.reference);
  out.current.distinct = different(counts.current);
  if (out.reference.distinct == 0 || out.current.distinct == 0) {
    out.verdict = Verdict::not_computable;
    out.reason = side_without_values(out.reference.distinct == 0);
    return;
  }
  note_categories(out, counts);
  out.effect = effect_of(counts);
  out.chance = chance_of(counts);
  out.chart = chart_of(counts);
  run_tests(out, sides, default_statistic(false, static_cast<std::size_t>(counts.reference_rows()), counts.keys.size()),
            options);
  decide(out, static_cast<std::size_t>(std::min(counts.reference_rows(), counts.current_rows())), options);
}

// Numbers that have become words are a change that no test of numbers sees.
bool changed_to_text(const ColumnDrift& out, const Column& current) {
  return out.type == ColumnType::numeric && (current.kind == Kind::text || current.kind == Kind::time) &&
         current.nulls() < current.rows();
}

void note_untested(ColumnDrift& out, const Column& reference, const Column& current) {
  out.reference = summary_of(reference);
  out.current = summary_of(current);
  const bool empty = reference.nulls() == reference.rows();
  out.verdict = empty ? Verdict::not_computable : Verdict::not_tested;
  switch (out.type) {
    case ColumnType::text:
      out.reason = "text: more than half of its values differ";
      break;
    case ColumnType::time:
      out.reason = "time";
      break;
    default:
      out.reason = empty ? side_without_values(true) : "values of type " + reference.source_type;
  }
}

ColumnDrift look_at(const Column& reference, const Column& current, const DriftOptions& options) {
  ColumnDrift out;
  out.name = reference.name;
  out.type = column_type(reference);
  out.source_type = reference.source_type;
  if (changed_to_text(out, current)) {
    out.reference = summary_of(reference);
    out.current = summary_of(current);
    out.verdict = Verdict::drift;
    out.effect = 1;
    out.reason =
        std::string("the type changed from ") + table::to_text(reference.kind) + " to " + table::to_text(current.kind);
  } else if (out.type == ColumnType::numeric) {
    test_numbers(out, reference, current, options);
  } else if (out.type == ColumnType::categorical) {
    test_categories(out, reference, current, options);
  } else {
    note_untested(out, reference, current);
  }
  return out;
}

// Benjamini and Hochberg (1995): the k-th smallest of m p-values times m/k, made ascending from the largest down.
void correct(std::vector<ColumnDrift>& columns, const DriftOptions& options) {
  std::vector<ColumnDrift*> order;
  for (auto& column : columns)
    if (!column.tests.empty() && column.tests.front().problem.empty() &&
        column.tests.front().statistic->direction == Direction::p_value)
      order.push_back(&column);
  std::sort(order.begin(), order.end(),
            [](auto* a, auto* b) { return a->tests.front().value < b->tests.front().value; });
  double least = 1;
  for (std::size_t k = order.size(); k-- > 0;) {
    auto& test = order[k]->tests.front();
    least = std::min(least, test.value * static_cast<double>(order.size()) / static_cast<double>(k + 1));
    test.corrected = least;
    test.drift = test.statistic->drifts(least, test.threshold);
    const auto fewest = order[k]->verdict == Verdict::too_few ? std::size_t{0} : options.minimum_rows;
    if (fewest > 0 || options.minimum_rows == 0) decide(*order[k], fewest, options);
  }
}

int group(const ColumnDrift& column) {
  switch (column.verdict) {
    case Verdict::drift:
      return 0;
    case Verdict::not_computable:
      return 1;
    case Verdict::too_few:
      return 2;
    case Verdict::none:
      return 3;
    case Verdict::not_tested:
      return 4;
  }
  return 4;
}

std::vector<std::pair<const Column*, const Column*>> common_columns(const table::Table& reference,
                                                                    const table::Table& current,
                                                                    const DriftOptions& options) {
  std::vector<std::pair<const Column*, const Column*>> out;
  if (!options.columns.empty()) {
    for (const auto& name : options.columns) out.emplace_back(&reference.need(name), &current.need(name));
    return out;
  }
  for (const auto& column : reference.columns)
    if (const auto* other = current.find(column.name)) out.emplace_back(&column, other);
  return out;
}

void note_missing(DriftResult& out, const table::Table& reference, const table::Table& current) {
  if (!out.options.columns.empty()) return;
  for (const auto& column : reference.columns)
    if (current.find(column.name) == nullptr) out.only_reference.push_back(column.name);
  for (const auto& column : current.columns)
    if (reference.find(column.name) == nullptr) out.only_current.push_back(column.name);
}

}  // namespace

const char* to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::drift:
      return "drift";
    case Verdict::none:
      return "none";
    case Verdict::too_few:
      return "too few";
    case Verdict::not_computable:
      return "not computable";
    case Verdict::not_tested:
      return "not tested";
  }
  return "";
}

bool DriftResult::dataset_drift() const {
  return tested > 0 && static_cast<double>(drifted) / static_cast<double>(tested) >= options.share;
}

void check(const DriftOptions& options) {
  for (const auto& test : options.tests)
    if (test != "all") find_statistic(test);
  for (const auto& [test, limit] : options.thresholds) find_statistic(test);
}

DriftResult drift(const table::Table& reference, const table::Table& current, const DriftOptions& options) {
  check(options);
  if (reference.rows == 0) throw input_error("the reference has no rows");
  if (current.rows == 0) throw input_error("the current data has no rows");
  const auto pairs = common_columns(reference, current, options);
  if (pairs.empty()) throw input_error("reference and current data have no column in common");
  DriftResult out;
  out.options = options;
  out.reference_rows = reference.rows;
  out.current_rows = current.rows;
  note_missing(out, reference, current);
  out.columns.resize(pairs.size());
  parallel_for(
      pairs.size(), [&](std::size_t i) { out.columns[i] = look_at(*pairs[i].first, *pairs[i].second, options); },
      options.stop);
  if (options.correct) correct(out.columns, options);
  std::stable_sort(out.columns.begin(), out.columns.end(), [](const ColumnDrift& a, const ColumnDrift& b) {
    return group(a) != group(b) ? group(a) < group(b) : a.effect - a.chance > b.effect - b.chance;
  });
  for (const auto& column : out.columns) {
    out.drifted += column.verdict == Verdict::drift ? 1U : 0U;
    out.tested += column.verdict == Verdict::drift || column.verdict == Verdict::none ? 1U : 0U;
  }
  return out;
}

std::string verdict_in_words(const DriftResult& result) {
  const auto having = [&](Verdict verdict) {
    return std::count_if(result.columns.begin(), result.columns.end(),
                         [&](const auto& column) { return column.verdict == verdict; });
  };
  std::string out = fmt::format("{} of {} {}", result.drifted, result.tested,
                                result.tested == 1 ? "feature drifts" : "features drift");
  if (result.drifted > 0) out += "; most: " + result.columns.front().name;
  if (result.drifted > 1) out += ", " + result.columns[1].name;
  if (const auto count = having(Verdict::too_few); count > 0) out += fmt::format("; {} with too few values", count);
  if (const auto count = having(Verdict::not_computable); count > 0) out += fmt::format("; {} not computable", count);
  return out;
}

}  // namespace mlops::monitor
