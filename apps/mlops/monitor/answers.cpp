#include "monitor/answers.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "monitor/labels.h"
#include "monitor/outputs.h"
#include "serve/traffic.h"

namespace mlops {
namespace {

using monitor::TaskKind;

table::Column answer_column(const table::Table& traffic, const std::string& name) {
  const auto* column = traffic.find("out." + name);
  if (column == nullptr) column = traffic.find(name);
  if (column != nullptr) return *column;
  std::vector<std::string> there;
  for (const auto& one : traffic.columns)
    if (one.name.starts_with("out.")) there.push_back(one.name.substr(4));
  const std::string near = nearest(name, there);
  throw input_error("the traffic has no answer \"" + printable(name) + "\"",
                    near.empty() ? "it has: " + printable(join(there, ", ")) : "did you mean \"" + near + "\"?");
}

bool is_quantity(const table::Column& labels) {
  if (labels.kind == table::Kind::real) return true;
  if (labels.kind != table::Kind::integer) return false;
  const auto values = labels.integers();
  for (std::size_t row = 0; row < labels.rows(); ++row)
    if (labels.valid(row) && values[row] != 0 && values[row] != 1) return true;
  return false;
}

std::vector<std::string> class_names(const std::vector<std::string>& columns, const std::vector<std::string>& classes) {
  return columns.size() == classes.size() ? classes : std::vector<std::string>();
}

double parsed_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value))
    throw usage_error("\"" + printable(text) + "\" is no limit of a metric",
                      "for example --threshold 0.86 or --threshold auc=0.86");
  return value;
}

}  // namespace

MonitoredModel monitored_model(data::Repository& repository, const std::string& name) {
  MonitoredModel out;
  out.charter = problem::find_charter(repository);
  out.version = registry::resolve(repository, name);
  if (out.charter && out.charter->name != out.version.name) out.charter.reset();
  out.all_versions = name == out.version.name;
  if (out.all_versions && out.charter)
    if (auto production = registry::find(repository, name + "@" + out.charter->alias)) out.version = *production;
  return out;
}

table::Table traffic_rows(data::Repository& repository, const MonitoredModel& model, Micros since) {
  serve::TrafficQuery query{.version = std::nullopt, .model = model.version.name, .since = since};
  if (!model.all_versions) query.version = model.version.record;
  return serve::read_traffic(repository, query);
}

ModelAnswers label_traffic(data::Repository& repository, const MonitoredModel& model, const table::Table& traffic,
                           const AnswerColumns& columns, Micros since, Micros until) {
  ModelAnswers out;
  const monitor::LabelBook book(repository, model.version.name, since, until);
  auto joined = monitor::join_labels(traffic, book);
  out.answers.truth = std::move(joined.labels);
  out.kept = std::move(joined.kept);
  out.answers.time = traffic.need("time");
  if (!columns.prediction.empty()) out.answers.prediction = answer_column(traffic, columns.prediction);
  for (const auto& score : columns.scores) out.answers.scores.push_back(answer_column(traffic, score));
  if (out.answers.prediction || !out.answers.scores.empty()) return out;
  const bool numbers = columns.task ? *columns.task == TaskKind::regression : is_quantity(out.answers.truth);
  const auto chosen =
      monitor::choose_outputs(model.version.signature, model.charter ? model.charter->prediction : "", numbers);
  if (!chosen.prediction.empty()) out.answers.prediction = answer_column(traffic, chosen.prediction);
  for (const auto& score : chosen.scores) out.answers.scores.push_back(answer_column(traffic, score));
  out.answers.score_classes = class_names(chosen.scores, chosen.score_classes);
  return out;
}

std::optional<TaskKind> task_of(const std::string& text, const std::optional<problem::Charter>& charter) {
  if (text == "binary") return TaskKind::binary;
  if (text == "multiclass") return TaskKind::multiclass;
  if (text == "regression") return TaskKind::regression;
  if (!charter) return std::nullopt;
  switch (charter->task) {
    case problem::Task::binary_classification:
      return TaskKind::binary;
    case problem::Task::multiclass_classification:
      return TaskKind::multiclass;
    case problem::Task::regression:
    case problem::Task::forecasting:
      return TaskKind::regression;
    default:
      return std::nullopt;
  }
}

std::optional<monitor::MetricLimit> limit_of(const std::string& text, const std::vector<std::string>& metrics,
                                             const std::optional<problem::Charter>& charter) {
  if (text.empty()) {
    if (!charter || !charter->metric.threshold) return std::nullopt;
    const auto* metric = monitor::known_metric(charter->metric.name);
    if (metric == nullptr) return std::nullopt;
    return monitor::MetricLimit{metric, *charter->metric.threshold,
                                charter->metric.direction == problem::Direction::maximize};
  }
  const auto equals = text.find('=');
  std::string name = equals == std::string::npos ? "" : text.substr(0, equals);
  if (name.empty() && !metrics.empty()) name = metrics.front();
  if (name.empty() && charter) name = charter->metric.name;
  if (name.empty())
    throw usage_error("--threshold " + printable(text) + " does not say of which metric", "--threshold auc=0.86");
  const auto& metric = monitor::find_metric(name);
  return monitor::MetricLimit{&metric, parsed_number(equals == std::string::npos ? text : text.substr(equals + 1)),
                              metric.higher_is_better};
}

}  // namespace mlops
