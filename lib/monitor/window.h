// One window of a model's life: what came in, how it drifted, how well it was answered, how fast. Judged against
// limits, and sealed as a `window` record; no row of data is in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "monitor/performance.h"
#include "table/table.h"

namespace mlops::monitor {

// What a window is held against. Unset: not judged.
struct WindowLimits {
  std::optional<double> drift_share;     // of the tested columns: from there on it is drift
  std::vector<std::string> drift_tests;  // empty: the default of each column
  std::size_t minimum_rows = 30;         // with fewer there is no verdict on drift, latency and errors
  std::optional<MetricLimit> performance;
  std::size_t minimum_labels = 30;
  std::optional<TaskKind> task;
  std::string positive;
  std::optional<Micros> p50, p95, p99;  // of a request's latency
  std::optional<double> errors;         // share of requests that failed on our side (5xx)
};

struct WindowInput {
  std::string model;
  Micros from = 0, to = 0;                  // [from, to)
  const table::Table* traffic = nullptr;    // rows asked in it: as serve logs them
  const table::Table* reference = nullptr;  // what the model was trained on; null: `no_reference` says why
  std::string no_reference{};
  std::optional<Answers>
      answers{};  // rows that became known in it: both asked and labelled, the later of the two in [from, to)
  std::string no_answers{};  // why they can't be told, where that is so
};

// The kinds of checks, which are the kinds of alarms.
inline constexpr std::string_view k_window_checks[] = {"drift", "performance", "latency", "errors"};

// The record, complete but for nothing: {"type": "window", "key": MODEL, "from", "to", "time" (= to), "rows",
// "requests", "checks": [{"kind", "verdict", "value", "limit", "text"}], "drift", "performance", "latency", "errors"}.
// Equal input, equal record. Fields: share/doc/monitoring.md.
Json window_record(const WindowInput& input, const WindowLimits& limits);

// "ok", "violated", "too few", "not computable", "not judged" of a sealed window; "" when it has no such check.
std::string check_verdict(const Json& window, std::string_view kind);
const Json* find_check(const Json& window, std::string_view kind);
// "12:05–12:10 churn  412 rows  drift 0.07 ok  performance too few  latency 3.1 ms ok".
std::string window_in_words(const Json& window);

}  // namespace mlops::monitor
