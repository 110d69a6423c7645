// The one form of a drift result from which everything else is made: what scripts read and what the report is drawn
// from.
#include <cmath>

#include "base/build.h"
#include "base/text.h"
#include "monitor/drift.h"

namespace mlops::monitor {
namespace {

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json number(const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); }

// Six digits are more than a chart shows.
Json rounded(const std::vector<double>& values) {
  Json out = Json::array();
  for (const double value : values) out.push_back(std::stod(fmt::format("{:.6g}", value)));
  return out;
}

Json texts(const std::vector<std::string>& values) {
  Json out = Json::array();
  for (const auto& value : values) out.push_back(to_utf8(value));
  return out;
}

Json to_json(const TestResult& test) {
  Json out{{"name", test.statistic->name},
           {"title", test.statistic->title},
           {"value", number(test.value)},
           {"threshold", test.threshold},
           {"direction", test.statistic->direction == Direction::p_value ? "p_value" : "distance"},
           {"drift", test.drift}};
  if (!test.problem.empty()) out["problem"] = test.problem;
  if (!std::isnan(test.corrected)) out["corrected"] = test.corrected;
  return out;
}

Json to_json(const Summary& side) {
  Json out{{"rows", side.rows}, {"nulls", side.nulls}, {"infinite", side.infinite}, {"distinct", side.distinct}};
  if (side.mean) {
    out["mean"] = number(side.mean);
    out["sd"] = number(side.sd);
    out["min"] = number(side.min);
    out["max"] = number(side.max);
    Json quantiles = Json::object();
    for (std::size_t i = 0; i < side.quantiles.size(); ++i)
      quantiles[fmt::format("{}", k_quantiles[i])] = number(side.quantiles[i]);
    out["quantiles"] = quantiles;
  }
  if (side.first) out["first"] = to_utc(*side.first);
  if (side.last) out["last"] = to_utc(*side.last);
  return out;
}

Json to_json(const Chart& chart) {
  if (chart.reference.empty()) return nullptr;
  Json out{{"reference", rounded(chart.reference)}, {"current", rounded(chart.current)}};
  if (!chart.edges.empty()) {
    out["edges"] = rounded(chart.edges);
    out["outside"] = {{"reference", rounded({chart.reference_below, chart.reference_above})},
                      {"current", rounded({chart.current_below, chart.current_above})}};
    return out;
  }
  out["labels"] = texts(chart.labels);
  if (chart.rest > 0) {
    out["rest"] = rounded({chart.reference_rest, chart.current_rest});
    out["rest_categories"] = chart.rest;
  }
  return out;
}

Json to_json(const std::vector<Category>& categories) {
  Json out = Json::array();
  for (const auto& category : categories) out.push_back({{"name", to_utf8(category.name)}, {"rows", category.rows}});
  return out;
}

Json to_json(const ColumnDrift& column) {
  Json out{{"name", to_utf8(column.name)},
           {"type", to_text(column.type)},
           {"source_type", to_utf8(column.source_type)},
           {"verdict", to_text(column.verdict)},
           {"drift", column.verdict == Verdict::drift},
           {"reason", to_utf8(column.reason)},
           {"effect", number(column.effect)},
           {"chance", number(column.chance)},
           {"reference", to_json(column.reference)},
           {"current", to_json(column.current)},
           {"chart", to_json(column.chart)},
           {"appeared", to_json(column.appeared)},
           {"gone", to_json(column.gone)},
           {"appeared_count", column.appeared_count},
           {"gone_count", column.gone_count}};
  Json tests = Json::array();
  for (const auto& test : column.tests) tests.push_back(to_json(test));
  // What decides stands at the column too, so that a script need not look further.
  for (const char* key : {"test", "value", "threshold", "direction"})
    out[key] = tests.empty() ? Json(nullptr) : tests[0][std::string_view(key) == "test" ? "name" : key];
  out["tests"] = std::move(tests);
  return out;
}

Json settings(const DriftOptions& options) {
  return {{"tests", texts(options.tests)},
          {"columns", texts(options.columns)},
          {"threshold", options.threshold ? Json(*options.threshold) : Json(nullptr)},
          {"thresholds", options.thresholds},
          {"share", options.share},
          {"minimum_rows", options.minimum_rows},
          {"minimum_effect", options.minimum_effect},
          {"correction", options.correct ? "bh" : "none"}};
}

}  // namespace

Json to_json(const DriftResult& result) {
  Json columns = Json::array();
  for (const auto& column : result.columns) columns.push_back(to_json(column));
  const double share = result.tested > 0 ? static_cast<double>(result.drifted) / static_cast<double>(result.tested) : 0;
  return {{"type", "drift"},
          {"version", 1},
          {"verdict", to_utf8(verdict_in_words(result))},
          {"drift", result.drift()},
          {"dataset_drift", result.dataset_drift()},
          {"drifted", result.drifted},
          {"tested", result.tested},
          {"share", share},
          {"rows", {{"reference", result.reference_rows}, {"current", result.current_rows}}},
          {"columns", std::move(columns)},
          {"only_in_reference", texts(result.only_reference)},
          {"only_in_current", texts(result.only_current)},
          {"settings", settings(result.options)},
          {"provenance", result.provenance},
          {"made_by", std::string("mlops ") + version()}};
}

}  // namespace mlops::monitor
