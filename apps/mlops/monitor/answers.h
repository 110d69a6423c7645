// What a registered model answered, joined with the labels that came for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/repository.h"
#include "monitor/judged.h"
#include "monitor/performance.h"
#include "problem/charter.h"
#include "register/models.h"

namespace mlops {

// What a command line says about columns, instead of what signature and charter say.
struct AnswerColumns {
  std::string prediction;
  std::vector<std::string> scores;
  std::optional<monitor::TaskKind> task;
};

struct ModelAnswers {
  monitor::Answers answers;
  std::vector<Micros> kept;  // when each row's label was; 0 without one
};

// "churn" speaks of all its versions, "churn@prod" and "churn:7" of one.
struct MonitoredModel {
  registry::ModelVersion version;  // whose signature and training data count
  bool all_versions = false;
  std::optional<problem::Charter> charter;  // where problem.yaml is about this model
};
MonitoredModel monitored_model(data::Repository& repository, const std::string& name);

// The model's traffic from `since` on.
table::Table traffic_rows(data::Repository& repository, const MonitoredModel& model, Micros since);
// Only labels kept in [since, until); 0 = no such end. Throws Error(input) for columns that there are not.
ModelAnswers label_traffic(data::Repository& repository, const MonitoredModel& model, const table::Table& traffic,
                           const AnswerColumns& columns, Micros since = 0, Micros until = 0);

// "binary", "multiclass", "regression"; "" = what the charter says, else unset.
std::optional<monitor::TaskKind> task_of(const std::string& text, const std::optional<problem::Charter>& charter);
// "auc=0.86", "0.86" for `metrics`' first, "" = the charter's primary metric where we can compute it.
std::optional<monitor::MetricLimit> limit_of(const std::string& text, const std::vector<std::string>& metrics,
                                             const std::optional<problem::Charter>& charter);

}  // namespace mlops
