// How well a model does, by metrics over its answers and the labels that came for them: as a whole and window by
// window.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "monitor/judged.h"

namespace mlops::monitor {

// What a metric must keep.
struct MetricLimit {
  const PerformanceMetric* metric = nullptr;
  double value = 0;
  bool at_least = true;

  [[nodiscard]] bool meets(double reached) const { return at_least ? reached >= value : reached <= value; }
  [[nodiscard]] std::string text() const;  // "roc_auc ≥ 0.86"
};

// Windows of a length of time, aligned to 1970 UTC; of a number of rows in the order of their times (the last is
// shorter); neither: all rows are one.
struct Slices {
  Micros every = 0;
  std::size_t rows = 0;
};
// "1h", "1d", "500". Throws Error(usage).
Slices parse_slices(const std::string& text);

struct PerformanceOptions {
  std::optional<TaskKind> task;      // unset: by the columns
  std::string positive;              // the class that counts as positive; "": the later of two
  std::vector<std::string> metrics;  // only these; empty: all that fit
  std::optional<MetricLimit> limit;
  Slices by;
  std::size_t minimum_rows = 30;  // with fewer labelled rows there is no verdict
  Micros now = 0;                 // a window that ends later is not complete
};

enum class PerformanceVerdict { ok, violated, too_few, not_computable, not_judged };
const char* to_text(PerformanceVerdict verdict);

struct PerformanceWindow {
  std::optional<Micros> from, to;  // of a length of time
  Micros first = 0, last = 0;      // of its rows' times; 0 without times
  std::size_t rows = 0, labelled = 0, judged = 0;
  bool complete = true;
  std::vector<std::pair<const PerformanceMetric*, Outcome>> values;  // empty without a judged row
  PerformanceVerdict verdict = PerformanceVerdict::not_judged;
  std::string reason;

  [[nodiscard]] const Outcome* find(const PerformanceMetric& metric) const;
};

struct PerformanceResult {
  PerformanceOptions options;
  TaskKind task = TaskKind::binary;
  std::vector<std::string> classes;
  std::string positive;
  bool scores = false;
  PerformanceWindow whole;
  std::vector<PerformanceWindow> windows;  // in the order of time; empty where none were asked for
  Json provenance = Json::object();

  // What decides: without windows the whole, else the latest complete one that has a verdict; null where none has.
  [[nodiscard]] const PerformanceWindow* deciding() const;
  [[nodiscard]] PerformanceVerdict verdict() const;
};

// Throws Error(usage) for a metric that is not known, Error(input) for columns that can't be judged (as Judge does) and
// for windows of time without times.
PerformanceResult performance(const Answers& answers, const PerformanceOptions& options);

// Fields: the page of `mlops monitor performance`.
Json to_json(const PerformanceResult& result);
Json to_json(const PerformanceWindow& window);
// "roc_auc 0.81 misses roc_auc ≥ 0.86 (212 labels)".
std::string verdict_in_words(const PerformanceResult& result);

}  // namespace mlops::monitor
