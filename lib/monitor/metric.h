// What a metric of performance is: one function over what was true and what a model answered. Adding one touches its
// file in metrics/ and a line of the table in metric.cpp. Conventions are scikit-learn's: share/doc/monitoring.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/statistic.h"

namespace mlops::monitor {

enum class TaskKind { binary, multiclass, regression };
const char* to_text(TaskKind task);

// Rows of which both sides are known. Only the part of its own task is filled.
struct Judged {
  TaskKind task = TaskKind::binary;
  std::vector<std::string> classes{};               // sorted: numbers by value, texts by bytes
  std::vector<std::uint32_t> truth{}, predicted{};  // positions in `classes`
  std::uint32_t positive = 1;                       // binary: the class that counts as positive
  // Probabilities, row by row: binary one a row, of the positive class; multiclass one for each of `score_classes`.
  // Empty: the model gives none.
  std::vector<double> scores{};
  std::vector<std::uint32_t> score_classes{};
  bool single_precision = false;              // the scores were float: their logarithms are cut off sooner
  std::vector<double> actual{}, estimated{};  // regression; finite

  [[nodiscard]] std::size_t rows() const { return task == TaskKind::regression ? actual.size() : truth.size(); }
};

struct PerformanceMetric {
  std::string_view name, title;
  bool higher_is_better;
  bool of_binary, of_multiclass, of_regression;
  bool needs_scores;
  Outcome (*compute)(const Judged&);  // of at least one row

  [[nodiscard]] bool fits(TaskKind task) const;
};

// In the order in which they are shown.
std::span<const PerformanceMetric> performance_metrics();
// By its name or by another that people use ("auc", "test.f1_score"). Throws Error(usage) with the nearest name.
const PerformanceMetric& find_metric(std::string_view name);
// As find_metric; null where there is none.
const PerformanceMetric* known_metric(std::string_view name);

}  // namespace mlops::monitor
