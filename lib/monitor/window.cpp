#include "monitor/window.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"
#include "monitor/drift.h"
#include "table/sorted.h"

namespace mlops::monitor {
namespace {

constexpr std::size_t k_columns_kept = 50;

struct Check {
  std::string_view kind;
  std::string verdict = "not judged";
  std::optional<double> value{}, limit{};
  std::string text{};
};

Json number(const std::optional<double>& value) { return value && std::isfinite(*value) ? Json(*value) : Json(); }

Json to_json(const Check& check) {
  return {{"kind", check.kind},
          {"verdict", check.verdict},
          {"value", number(check.value)},
          {"limit", number(check.limit)},
          {"text", to_utf8(check.text)}};
}

const char* answer(bool good) { return good ? "ok" : "violated"; }

std::string fewer_than(std::size_t have, std::size_t need, const char* what) {
  return fmt::format("{} {}; a verdict needs {}", have, what, need);
}

// ---- drift

table::Table inputs_of(const table::Table& traffic) {
  table::Table out;
  out.rows = traffic.rows;
  for (table::Column column : traffic.columns) {
    if (!column.name.starts_with("in.")) continue;
    column.name = column.name.substr(3);
    out.columns.push_back(std::move(column));
  }
  return out;
}

Json drift_summary(const DriftResult& result) {
  Json columns = Json::array();
  for (const auto& column : result.columns) {
    if (columns.size() == k_columns_kept) break;
    const bool tested = !column.tests.empty() && column.tests.front().problem.empty();
    columns.push_back({{"name", to_utf8(column.name)},
                       {"verdict", to_text(column.verdict)},
                       {"effect", number(column.effect)},
                       {"test", tested ? Json(column.tests.front().statistic->name) : Json()},
                       {"value", tested ? number(column.tests.front().value) : Json()},
                       {"threshold", tested ? number(column.tests.front().threshold) : Json()}});
  }
  return {{"drifted", result.drifted},
          {"tested", result.tested},
          {"columns", columns},
          {"columns_left_out", result.columns.size() - columns.size()},
          {"only_in_reference", result.only_reference},
          {"only_in_current", result.only_current}};
}

Check judge_drift(const WindowInput& input, const WindowLimits& limits, Json& summary) {
  Check out{.kind = "drift", .limit = limits.drift_share};
  if (input.reference == nullptr) {
    out.text = input.no_reference;
    return out;
  }
  if (input.traffic->rows < std::max<std::size_t>(limits.minimum_rows, 1)) {
    out.verdict = "too few";
    out.text = fewer_than(input.traffic->rows, limits.minimum_rows, "rows");
    return out;
  }
  DriftOptions options;
  options.tests = limits.drift_tests;
  options.minimum_rows = limits.minimum_rows;
  try {
    const auto result = drift(*input.reference, inputs_of(*input.traffic), options);
    summary = drift_summary(result);
    out.text = verdict_in_words(result);
    if (result.tested == 0) {
      out.verdict = "not computable";
      return out;
    }
    out.value = static_cast<double>(result.drifted) / static_cast<double>(result.tested);
    if (out.limit) out.verdict = answer(*out.value < *out.limit);
  } catch (const Error& error) {
    out.verdict = "not computable";
    out.text = error.message();
  }
  return out;
}

// ---- performance

Check judge_performance(const WindowInput& input, const WindowLimits& limits, Json& summary) {
  Check out{.kind = "performance"};
  if (limits.performance) out.limit = limits.performance->value;
  if (!input.answers || input.answers->truth.rows() == 0) {
    out.verdict = limits.performance && input.no_answers.empty() ? "too few" : "not judged";
    out.text = input.no_answers.empty() ? "no labels came" : input.no_answers;
    return out;
  }
  PerformanceOptions options;
  options.task = limits.task;
  options.positive = limits.positive;
  options.limit = limits.performance;
  options.minimum_rows = limits.minimum_labels;
  try {
    const auto result = performance(*input.answers, options);
    summary = to_json(result.whole);
    for (const char* key : {"from", "to", "complete", "verdict", "reason"}) summary.erase(key);
    summary["task"] = to_text(result.task);
    out.verdict = to_text(result.verdict());
    out.text = verdict_in_words(result);
    if (limits.performance)
      if (const auto* outcome = result.whole.find(*limits.performance->metric); outcome != nullptr)
        out.value = outcome->value;
  } catch (const Error& error) {
    out.verdict = "not computable";
    out.text = error.message();
  }
  return out;
}

// ---- latency and errors, of requests

struct Requests {
  std::vector<double> latencies;  // of those that were answered, ascending, microseconds
  std::size_t count = 0, failed = 0;
};

Requests requests_of(const table::Table& traffic) {
  Requests out;
  const auto *rows = traffic.find("row"), *latency = traffic.find("latency_us"), *status = traffic.find("status");
  if (rows == nullptr || latency == nullptr || status == nullptr) return out;
  for (std::size_t i = 0; i < traffic.rows; ++i) {
    if (rows->integers()[i] != 0) continue;
    ++out.count;
    if (status->integers()[i] >= 500)
      ++out.failed;
    else
      out.latencies.push_back(static_cast<double>(latency->integers()[i]));
  }
  std::sort(out.latencies.begin(), out.latencies.end());
  return out;
}

std::string milliseconds(double micros) { return fmt::format("{:.3g} ms", micros / 1000); }

Check judge_latency(const Requests& requests, const WindowLimits& limits, Json& summary) {
  Check out{.kind = "latency"};
  const std::initializer_list<std::tuple<const char*, double, std::optional<Micros>>> targets{
      {"p50", 0.5, limits.p50}, {"p95", 0.95, limits.p95}, {"p99", 0.99, limits.p99}};
  const bool judged = limits.p50 || limits.p95 || limits.p99;
  if (!requests.latencies.empty()) {
    summary = Json::object();
    for (const auto& [name, share, target] : targets)
      summary[std::string(name) + "_us"] = table::quantile(requests.latencies, share);
  }
  if (!judged) return out;
  if (requests.latencies.size() < std::max<std::size_t>(limits.minimum_rows, 1)) {
    out.verdict = "too few";
    out.text = fewer_than(requests.latencies.size(), limits.minimum_rows, "requests");
    return out;
  }
  // What is shown is the worst of those with a target, in shares of its target.
  double worst = -1;
  for (const auto& [name, share, target] : targets) {
    if (!target) continue;
    const double reached = table::quantile(requests.latencies, share), limit = static_cast<double>(*target);
    if (reached / limit <= worst) continue;
    worst = reached / limit;
    out.value = reached / 1e6;
    out.limit = limit / 1e6;
    out.text = fmt::format("{} {} of {} allowed", name, milliseconds(reached), milliseconds(limit));
  }
  out.verdict = answer(worst <= 1);
  return out;
}

Check judge_errors(const Requests& requests, const WindowLimits& limits) {
  Check out{.kind = "errors", .limit = limits.errors};
  if (requests.count > 0) out.value = static_cast<double>(requests.failed) / static_cast<double>(requests.count);
  if (!limits.errors) return out;
  if (requests.count < std::max<std::size_t>(limits.minimum_rows, 1)) {
    out.verdict = "too few";
    out.text = fewer_than(requests.count, limits.minimum_rows, "requests");
    return out;
  }
  out.verdict = answer(*out.value <= *limits.errors);
  out.text = fmt::format("{} of {} requests failed", requests.failed, requests.count);
  return out;
}

std::vector<std::string> versions_of(const table::Table& traffic) {
  std::vector<std::string> out;
  const auto* versions = traffic.find("version_id");
  if (versions == nullptr || versions->kind != table::Kind::text) return out;
  std::vector<bool> used(versions->dictionary().size());
  for (std::size_t row = 0; row < traffic.rows; ++row)
    if (versions->valid(row)) used[versions->codes()[row]] = true;
  for (std::size_t code = 0; code < used.size(); ++code)
    if (used[code]) out.emplace_back(versions->dictionary()[code]);
  std::sort(out.begin(), out.end());
  return out;
}

std::string shown(const Json& check) {
  const std::string verdict = text_or(check, "verdict");
  if (!check["value"].is_number()) return verdict;
  const double value = check["value"];
  const std::string text =
      text_or(check, "kind") == "latency" ? milliseconds(value * 1e6) : fmt::format("{:.3g}", value);
  return text + " " + verdict;
}

}  // namespace

Json window_record(const WindowInput& input, const WindowLimits& limits) {
  Json drift_part, performance_part, latency_part;
  const Requests requests = requests_of(*input.traffic);
  Json checks = Json::array(
      {to_json(judge_drift(input, limits, drift_part)), to_json(judge_performance(input, limits, performance_part)),
       to_json(judge_latency(requests, limits, latency_part)), to_json(judge_errors(requests, limits))});
  return {{"type", "window"},
          {"version", 1},
          {"key", input.model},
          {"from", to_utc(input.from)},
          {"to", to_utc(input.to)},
          {"time", to_utc(input.to)},
          {"rows", input.traffic->rows},
          {"requests", requests.count},
          {"failed", requests.failed},
          {"model_versions", versions_of(*input.traffic)},
          {"checks", std::move(checks)},
          {"drift", std::move(drift_part)},
          {"performance", std::move(performance_part)},
          {"latency", std::move(latency_part)}};
}

const Json* find_check(const Json& window, std::string_view kind) {
  const auto checks = window.find("checks");
  if (checks == window.end() || !checks->is_array()) return nullptr;
  for (const auto& check : *checks)
    if (text_or(check, "kind") == kind) return &check;
  return nullptr;
}

std::string check_verdict(const Json& window, std::string_view kind) {
  const Json* check = find_check(window, kind);
  return check == nullptr ? std::string() : text_or(*check, "verdict");
}

std::string window_in_words(const Json& window) {
  std::string out =
      fmt::format("{}–{}  {}  {} rows", text_or(window, "from").substr(0, 19), text_or(window, "to").substr(11, 8),
                  text_or(window, "key"), integer_or(window, "rows"));
  for (const auto kind : k_window_checks)
    if (const Json* check = find_check(window, kind); check != nullptr && text_or(*check, "verdict") != "not judged")
      out += fmt::format("  {} {}", kind, shown(*check));
  return out;
}

}  // namespace mlops::monitor
