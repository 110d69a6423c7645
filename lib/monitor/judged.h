// From the columns of a table to what metrics take: classes found and encoded, rows without an answer or a label left
// out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "monitor/metric.h"
#include "table/table.h"

namespace mlops::monitor {

// One row a prediction. Without `prediction` the scores decide: the class of the highest, of one score "above a half".
struct Answers {
  table::Column truth;
  std::optional<table::Column> prediction;
  std::vector<table::Column> scores;       // probabilities: one of the positive class, or one a class
  std::vector<std::string> score_classes;  // which class each is of; empty: the classes in their order
  std::optional<table::Column> time;
};

// How a column is read as classes; numbers and truth values meet as 0 and 1, whole reals as integers.
std::string class_name(const table::Column& column, std::size_t row);

// Reads the columns of `answers` once, and gives out rows of it. `answers` must outlive it.
class Judge {
 public:
  // `task` unset: by the columns. `positive` "": of two classes the later one. Throws Error(input) where the columns
  // can't be that task's (texts for regression; more than a thousand classes), Error(usage) for a positive class that
  // occurs nowhere.
  Judge(const Answers& answers, std::optional<TaskKind> task, const std::string& positive);

  [[nodiscard]] TaskKind task() const { return task_; }
  [[nodiscard]] const std::vector<std::string>& classes() const { return classes_; }
  [[nodiscard]] std::string positive() const;  // "" where the task has none
  [[nodiscard]] bool has_scores() const { return !scores_.empty(); }
  // The row has a label; it has a label and an answer.
  [[nodiscard]] bool labelled(std::size_t row) const;
  [[nodiscard]] bool answered(std::size_t row) const;
  // Of these rows, those that are labelled and answered.
  [[nodiscard]] Judged take(const std::vector<std::size_t>& rows) const;

 private:
  void read_numbers();
  void read_classes(std::optional<TaskKind> task, const std::string& positive);
  void read_scores();
  void choose_positive(const std::string& positive);
  void answer_by_scores();
  void add_row(std::size_t row, Judged& out) const;

  const Answers& answers_;
  TaskKind task_ = TaskKind::binary;
  std::vector<std::string> classes_;
  std::uint32_t positive_ = 0;
  std::vector<std::uint32_t> truth_, predicted_;  // k_none: none
  std::vector<double> actual_, estimated_;        // NaN: none
  std::vector<std::vector<double>> scores_;       // by column; NaN: none
  std::vector<std::uint32_t> score_classes_;
};

}  // namespace mlops::monitor
