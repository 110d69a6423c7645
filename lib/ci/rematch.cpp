#include "ci/rematch.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "data/object_json.h"
#include "monitor/outputs.h"
#include "monitor/performance.h"
#include "register/registry.h"
#include "serve/model.h"
#include "serve/predict.h"
#include "table/source.h"

namespace mlops::ci {
namespace {

// What the run made or read under a path.
std::optional<store::ObjectRef> object_at(const Json& run, const std::string& path) {
  for (const auto& stage : run.value("stages", Json::array()))
    for (const char* side : {"outs", "deps"})
      for (const auto& one : stage.value(side, Json::array()))
        if (text_or(one, "path") == path)
          if (const auto object = data::object_of(one)) return object;
  return std::nullopt;
}

table::Table read(const Case& asked, const std::string& path) {
  const auto object = object_at(asked.candidate.run->body, path);
  if (!object || object->kind != store::Kind::file)
    throw input_error(fmt::format("the run has no table {}", printable(path)),
                      "champion: {on: PATH} names what a stage makes or reads");
  const auto& store = asked.repository.store();
  if (!store.has_file(object->id))
    throw input_error(fmt::format("{} is not in the store", printable(path)), "mlops pull --all");
  return table::read_table(*table::store_source(store, object->id, path));
}

// A run that is not registered yet has its model where the champion's run has it.
registry::ModelVersion with_object(const Case& asked) {
  registry::ModelVersion out = asked.candidate.version;
  if (out.number > 0) return out;
  const std::string path = text_or(asked.champion->body, "path");
  const auto object = object_at(asked.candidate.run->body, path);
  if (!object) throw input_error(fmt::format("the run made no {}", printable(path)));
  out.object = *object;
  out.signature = registry::model_signature(asked.repository.store(), *object, out.name);
  return out;
}

monitor::TaskKind kind_of(problem::Task task) {
  switch (task) {
    case problem::Task::binary_classification:
    case problem::Task::anomaly_detection:
      return monitor::TaskKind::binary;
    case problem::Task::multiclass_classification:
      return monitor::TaskKind::multiclass;
    default:
      return monitor::TaskKind::regression;
  }
}

monitor::PerformanceWindow judged(const Case& asked, const registry::ModelVersion& version, const table::Table& table) {
  const auto& charter = *asked.charter();
  const std::string label = version.number > 0 ? version.label() : "the candidate";
  const auto model = serve::load_model(registry::model_bytes(asked.repository.store(), version.object, label), label,
                                       version.signature);
  const table::Table answers = serve::predict(*model, table, {.only = true});
  monitor::PerformanceOptions options;
  options.task = kind_of(charter.task);
  options.positive = charter.positive;
  options.metrics = {charter.metric.name};
  options.minimum_rows = 1;
  const auto columns =
      monitor::choose_outputs(version.signature, charter.prediction, options.task == monitor::TaskKind::regression);
  monitor::Answers in;
  in.truth = table.need(charter.target);
  if (!columns.prediction.empty()) in.prediction = answers.need(columns.prediction);
  for (const auto& score : columns.scores) in.scores.push_back(answers.need(score));
  in.score_classes = columns.score_classes;
  return monitor::performance(in, options).whole;
}

double value_of(const monitor::PerformanceWindow& whole, const std::string& name) {
  const auto* outcome = whole.find(monitor::find_metric(name));
  if (outcome == nullptr || !outcome->computable())
    throw input_error(
        fmt::format("{} can't be computed{}", printable(name), outcome == nullptr ? "" : ": " + outcome->problem));
  return outcome->value;
}

}  // namespace

Rematch rematch(const Case& asked) {
  const auto& charter = *asked.charter();
  if (monitor::known_metric(charter.metric.name) == nullptr)
    throw input_error(fmt::format("{} is no metric that is computed here", printable(charter.metric.name)),
                      "leave out champion: {on}, then the runs' own values are compared");
  const table::Table table = read(asked, charter.champion.on);
  Rematch out;
  out.table = charter.champion.on;
  const auto now = judged(asked, with_object(asked), table);
  out.rows = now.judged;
  out.candidate = value_of(now, charter.metric.name);
  out.champion = value_of(judged(asked, *asked.champion, table), charter.metric.name);
  return out;
}

}  // namespace mlops::ci
