#include "monitor/judged.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"

namespace mlops::monitor {
namespace {

using table::Column;
using table::Kind;

constexpr std::uint32_t k_none = UINT32_MAX;
constexpr std::size_t k_most_classes = 1000;
constexpr double k_exact_integers = 9007199254740992.0;  // 2^53

bool is_number(const Column& column) { return column.kind == Kind::integer || column.kind == Kind::real; }

bool has_value(const Column& column, std::size_t row) {
  if (!column.valid(row) || column.kind == Kind::other) return false;
  return column.kind != Kind::real || !std::isnan(column.reals()[row]);
}

// Finite numbers, truth values as 0 and 1; NaN for the rest.
std::vector<double> numbers_of(const Column& column) {
  std::vector<double> out(column.rows(), std::nan(""));
  for (std::size_t row = 0; row < out.size(); ++row) {
    if (!column.valid(row)) continue;
    if (column.kind == Kind::real && std::isfinite(column.reals()[row])) out[row] = column.reals()[row];
    if (column.kind == Kind::integer) out[row] = static_cast<double>(column.integers()[row]);
    if (column.kind == Kind::boolean) out[row] = column.booleans()[row];
  }
  return out;
}

std::optional<double> as_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// Numbers by value where all are numbers, else by bytes.
void sort_classes(std::vector<std::string>& classes) {
  const bool numbers =
      std::all_of(classes.begin(), classes.end(), [](const auto& name) { return as_number(name).has_value(); });
  if (numbers)
    std::sort(classes.begin(), classes.end(),
              [](const auto& a, const auto& b) { return *as_number(a) < *as_number(b); });
  else
    std::sort(classes.begin(), classes.end());
}

// Gives each value a number as it comes; what they are called is asked once a value for texts.
class Encoder {
 public:
  std::uint32_t place(const std::string& name) {
    const auto [found, made] = places_.try_emplace(name, static_cast<std::uint32_t>(names_.size()));
    if (made) names_.push_back(name);
    if (names_.size() > k_most_classes)
      throw input_error(fmt::format("there are more than {} classes", k_most_classes),
                        "--task regression, where these are quantities");
    return found->second;
  }
  std::vector<std::uint32_t> read(const Column& column) {
    std::vector<std::uint32_t> out(column.rows(), k_none), of_code(column.dictionary().size(), k_none);
    for (std::size_t row = 0; row < out.size(); ++row) {
      if (!has_value(column, row)) continue;
      if (column.kind != Kind::text) {
        out[row] = place(class_name(column, row));
        continue;
      }
      auto& code = of_code[column.codes()[row]];
      if (code == k_none) code = place(class_name(column, row));
      out[row] = code;
    }
    return out;
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  std::unordered_map<std::string, std::uint32_t> places_;
  std::vector<std::string> names_;
};

std::optional<std::uint32_t> place_of(const std::vector<std::string>& classes, const std::string& name) {
  const auto found = std::find(classes.begin(), classes.end(), name);
  if (found == classes.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - classes.begin());
}

std::string as_class(const std::string& text) { return text == "true" ? "1" : text == "false" ? "0" : text; }

bool whole_numbers(const Column& column) {
  if (column.kind == Kind::integer) return true;
  const auto numbers = numbers_of(column);
  return std::all_of(numbers.begin(), numbers.end(), [](double v) { return std::isnan(v) || v == std::floor(v); });
}

TaskKind guess(const Answers& answers) {
  const auto* prediction = answers.prediction ? &*answers.prediction : nullptr;
  if (!answers.scores.empty() || !is_number(answers.truth) || (prediction != nullptr && !is_number(*prediction)))
    return TaskKind::multiclass;
  if (prediction == nullptr || (whole_numbers(answers.truth) && whole_numbers(*prediction) &&
                                prediction->kind == Kind::integer && answers.truth.kind == Kind::integer))
    return TaskKind::multiclass;
  return TaskKind::regression;
}

void need_numbers(const Column& column, const char* what) {
  if (column.kind == Kind::boolean || is_number(column) || column.nulls() == column.rows()) return;
  throw input_error(
      fmt::format("{} \"{}\" is of {}s; regression needs numbers", what, printable(column.name), to_text(column.kind)),
      "--task multiclass, where these are classes");
}

}  // namespace

std::string class_name(const Column& column, std::size_t row) {
  if (column.kind == Kind::boolean) return column.booleans()[row] != 0 ? "1" : "0";
  if (column.kind == Kind::integer) return std::to_string(column.integers()[row]);
  if (column.kind != Kind::real) return as_class(column.show(row));
  const double value = column.reals()[row];
  if (value == std::floor(value) && std::abs(value) < k_exact_integers)
    return std::to_string(static_cast<std::int64_t>(value));
  return show_double(value);
}

Judge::Judge(const Answers& answers, std::optional<TaskKind> task, const std::string& positive) : answers_(answers) {
  if (!answers.prediction && answers.scores.empty())
    throw input_error("there is neither a prediction nor a score", "--prediction COLUMN names the answers");
  task_ = task.value_or(guess(answers));
  if (task_ == TaskKind::regression)
    read_numbers();
  else
    read_classes(task, positive);
}

void Judge::read_numbers() {
  const Column& answer = answers_.prediction ? *answers_.prediction : answers_.scores.front();
  need_numbers(answers_.truth, "the truth");
  need_numbers(answer, "the prediction");
  actual_ = numbers_of(answers_.truth);
  estimated_ = numbers_of(answer);
}

void Judge::read_classes(std::optional<TaskKind> task, const std::string& positive) {
  Encoder encoder;
  const auto truth = encoder.read(answers_.truth);
  std::vector<std::uint32_t> predicted;
  if (answers_.prediction) predicted = encoder.read(*answers_.prediction);
  for (const auto& name : answers_.score_classes) (void)encoder.place(as_class(name));
  if (encoder.names().size() <= 1 && (task == TaskKind::binary || encoder.names().empty()))
    for (const char* name : {"0", "1"})  // one class seen of two
      if (encoder.names().empty() || as_number(encoder.names().front())) (void)encoder.place(name);
  classes_ = encoder.names();
  sort_classes(classes_);
  std::vector<std::uint32_t> sorted(classes_.size());
  for (std::uint32_t i = 0; i < sorted.size(); ++i) sorted[i] = *place_of(classes_, encoder.names()[i]);
  const auto renumbered = [&](std::vector<std::uint32_t> codes) {
    for (auto& code : codes)
      if (code != k_none) code = sorted[code];
    return codes;
  };
  truth_ = renumbered(truth);
  predicted_ = renumbered(predicted);
  if (!task) task_ = classes_.size() <= 2 ? TaskKind::binary : TaskKind::multiclass;
  if (task_ == TaskKind::binary && classes_.size() > 2)
    throw input_error(
        fmt::format("there are {} classes, not two: {}{}", classes_.size(),
                    printable(join({classes_.begin(), classes_.begin() + 3}, ", ")), classes_.size() > 3 ? ", …" : ""),
        "--task multiclass");
  choose_positive(positive);
  read_scores();
  if (!answers_.prediction) answer_by_scores();
}

void Judge::choose_positive(const std::string& positive) {
  positive_ = static_cast<std::uint32_t>(classes_.size() - 1);
  if (positive.empty()) return;
  const auto place = place_of(classes_, as_class(positive));
  if (!place && task_ == TaskKind::binary && classes_.size() > 1)
    throw usage_error(fmt::format("no label and no answer is the positive class \"{}\"", printable(positive)),
                      "there are: " + printable(join(classes_, ", ")));
  positive_ = place.value_or(UINT32_MAX - 1);  // not among the classes that were seen
}

// Binary keeps the positive class's probabilities alone.
void Judge::read_scores() {
  const auto& columns = answers_.scores;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool named = i < answers_.score_classes.size();
    const auto place = named                 ? place_of(classes_, as_class(answers_.score_classes[i]))
                       : columns.size() == 1 ? std::optional(positive_)
                       : i < classes_.size() ? std::optional(static_cast<std::uint32_t>(i))
                                             : std::nullopt;
    if (!place || (task_ == TaskKind::binary && *place != positive_)) continue;
    if (!is_number(columns[i]))
      throw input_error(fmt::format("the score \"{}\" is of {}s, not a number", printable(columns[i].name),
                                    to_text(columns[i].kind)));
    scores_.push_back(numbers_of(columns[i]));
    score_classes_.push_back(*place);
  }
}

void Judge::answer_by_scores() {
  if (scores_.empty()) throw input_error("no score is of a class of the labels", "--score-class says which");
  predicted_.assign(answers_.truth.rows(), k_none);
  const std::uint32_t other = classes_.size() == 2 ? 1 - std::min<std::uint32_t>(positive_, 1) : 0;
  for (std::size_t row = 0; row < predicted_.size(); ++row) {
    if (std::any_of(scores_.begin(), scores_.end(), [&](const auto& column) { return std::isnan(column[row]); }))
      continue;
    if (task_ == TaskKind::binary) {
      predicted_[row] = scores_.front()[row] > 0.5 ? positive_ : other;
      continue;
    }
    std::size_t best = 0;
    for (std::size_t i = 1; i < scores_.size(); ++i)
      if (scores_[i][row] > scores_[best][row]) best = i;
    predicted_[row] = score_classes_[best];
  }
}

std::string Judge::positive() const {
  return task_ == TaskKind::binary && positive_ < classes_.size() ? classes_[positive_] : std::string();
}

bool Judge::labelled(std::size_t row) const {
  return task_ == TaskKind::regression ? !std::isnan(actual_[row]) : truth_[row] != k_none;
}

bool Judge::answered(std::size_t row) const {
  if (!labelled(row)) return false;
  if (task_ == TaskKind::regression) return !std::isnan(estimated_[row]);
  return predicted_[row] != k_none &&
         std::none_of(scores_.begin(), scores_.end(), [&](const auto& column) { return std::isnan(column[row]); });
}

void Judge::add_row(std::size_t row, Judged& out) const {
  if (task_ == TaskKind::regression) {
    out.actual.push_back(actual_[row]);
    out.estimated.push_back(estimated_[row]);
    return;
  }
  out.truth.push_back(truth_[row]);
  out.predicted.push_back(predicted_[row]);
  for (const auto& column : scores_) out.scores.push_back(column[row]);
}

Judged Judge::take(const std::vector<std::size_t>& rows) const {
  Judged out;
  out.task = task_;
  out.classes = classes_;
  out.positive = positive_;
  out.score_classes = score_classes_;
  out.single_precision = !answers_.scores.empty() && answers_.scores.front().source_type == "float";
  for (const std::size_t row : rows)
    if (answered(row)) add_row(row, out);
  return out;
}

}  // namespace mlops::monitor
