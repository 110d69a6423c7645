#include <cmath>

#include "base/build.h"
#include "base/text.h"
#include "monitor/performance.h"

namespace mlops::monitor {
namespace {

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json time_or_null(const std::optional<Micros>& time) { return time ? Json(to_utc(*time)) : Json(); }

Json problems_of(const PerformanceWindow& window) {
  Json out = Json::object();
  for (const auto& [metric, outcome] : window.values)
    if (!outcome.computable()) out[std::string(metric->name)] = outcome.problem;
  return out;
}

Json settings_of(const PerformanceResult& result) {
  const auto& options = result.options;
  Json by;
  if (options.by.every > 0) by = show_duration(options.by.every);
  if (options.by.rows > 0) by = options.by.rows;
  return {{"minimum_rows", options.minimum_rows}, {"by", by}, {"metrics", options.metrics}};
}

std::string brief(double value) { return fmt::format("{:.4g}", value); }

}  // namespace

Json to_json(const PerformanceWindow& window) {
  Json metrics = Json::object();
  for (const auto& [metric, outcome] : window.values) metrics[std::string(metric->name)] = number(outcome.value);
  return {{"from", time_or_null(window.from)},
          {"to", time_or_null(window.to)},
          {"first", window.first != 0 ? Json(to_utc(window.first)) : Json()},
          {"last", window.last != 0 ? Json(to_utc(window.last)) : Json()},
          {"rows", window.rows},
          {"labelled", window.labelled},
          {"unlabelled", window.rows - window.labelled},
          {"judged", window.judged},
          {"complete", window.complete},
          {"verdict", to_text(window.verdict)},
          {"reason", window.reason},
          {"metrics", metrics},
          {"problems", problems_of(window)}};
}

Json to_json(const PerformanceResult& result) {
  Json out = to_json(result.whole);
  Json windows = Json::array(), limit;
  for (const auto& window : result.windows) windows.push_back(to_json(window));
  if (result.options.limit)
    limit = {{"metric", result.options.limit->metric->name},
             {"value", result.options.limit->value},
             {"at_least", result.options.limit->at_least},
             {"text", result.options.limit->text()}};
  const auto* deciding = result.deciding();
  out.update(
      {{"type", "performance"},
       {"version", 1},
       {"made_by", std::string("mlops ") + version()},
       {"verdict", to_text(result.verdict())},
       {"words", verdict_in_words(result)},
       {"task", to_text(result.task)},
       {"classes", result.task == TaskKind::regression ? Json::array() : Json(result.classes)},
       {"positive", result.positive.empty() ? Json() : Json(result.positive)},
       {"scores", result.scores},
       {"limit", limit},
       {"decided_by", deciding != nullptr && !result.windows.empty() ? Json(deciding - result.windows.data()) : Json()},
       {"windows", windows},
       {"settings", settings_of(result)},
       {"provenance", result.provenance}});
  return out;
}

std::string verdict_in_words(const PerformanceResult& result) {
  const auto& limit = result.options.limit;
  const auto* window = result.deciding();
  if (!limit) return fmt::format("{} of {} rows are labelled", result.whole.labelled, result.whole.rows);
  if (window == nullptr) return fmt::format("too few labels for a verdict on {}", limit->text());
  std::string where;
  if (window->from) where = fmt::format(" in the window from {}", to_utc(*window->from).substr(0, 16));
  if (window->verdict == PerformanceVerdict::too_few)
    return fmt::format("too few labels for a verdict on {}: {}", limit->text(), window->reason);
  if (window->verdict == PerformanceVerdict::not_computable)
    return fmt::format("{} can't be computed: {}", limit->metric->name, window->reason);
  return fmt::format(
      "{} {} {} {}{} ({} labelled rows)", limit->metric->name, brief(window->find(*limit->metric)->value),
      window->verdict == PerformanceVerdict::ok ? "meets" : "misses", limit->text(), where, window->judged);
}

}  // namespace mlops::monitor
