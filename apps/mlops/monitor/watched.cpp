#include "monitor/watched.h"

#include <algorithm>

#include "base/text.h"
#include "monitor/model_tables.h"
#include "monitor/picked.h"

namespace mlops {
namespace {

constexpr double k_drift_share = 0.5;
constexpr std::size_t k_minimum = 30;
constexpr Micros k_label_lead = Micros{3600} * 1'000'000;  // how long before its request a label may have been kept

monitor::WindowLimits limits_of(const WatchFlags& flags, const std::optional<problem::Charter>& charter) {
  monitor::WindowLimits out;
  out.drift_share = flags.drift_share.value_or(charter ? charter->drift.share.value_or(k_drift_share) : k_drift_share);
  out.minimum_rows = flags.minimum_rows.value_or(charter ? charter->drift.minimum_rows.value_or(k_minimum) : k_minimum);
  out.minimum_labels = flags.minimum_labels.value_or(k_minimum);
  out.performance = limit_of(flags.threshold, {}, charter);
  out.task = task_of("", charter);
  out.errors = flags.errors;
  if (charter) {
    out.drift_tests = charter->drift.tests;
    out.positive = charter->positive;
    out.p50 = charter->latency.p50;
    out.p95 = charter->latency.p95;
    out.p99 = charter->latency.p99;
    if (!out.errors) out.errors = charter->errors;
  }
  if (!flags.p99.empty()) {
    out.p99 = problem::parse_target(flags.p99);
    if (!out.p99 || *out.p99 <= 0)
      throw usage_error("\"" + printable(flags.p99) + "\" is no latency", "for example --p99 50ms");
  }
  return out;
}

table::Table inputs_of(const table::Table& traffic) {
  table::Table out;
  out.rows = traffic.rows;
  for (table::Column column : traffic.columns)
    if (column.name.starts_with("in.")) {
      column.name = column.name.substr(3);
      out.columns.push_back(std::move(column));
    }
  return out;
}

// Reads the training data once a version.
class Reference {
 public:
  Reference(data::Repository& repository, std::string name) : repository_(repository), name_(std::move(name)) {}
  const table::Table& get(const table::Table& traffic) {
    const auto model = monitored_model(repository_, name_);
    if (!known_ || *known_ != model.version.record) {
      table_ = read_training_table(repository_, model.version.label(), inputs_of(traffic)).table;
      known_ = model.version.record;
    }
    return table_;
  }

 private:
  data::Repository& repository_;
  std::string name_;
  std::optional<Id> known_;
  table::Table table_;
};

bool labels_came(data::Repository& repository, const std::string& model, Micros from) {
  const auto newest = repository.database().list({.type = "labels", .key = model, .limit = 1});
  return !newest.empty() && newest.front().time >= from;
}

std::vector<std::size_t> known_between(const ModelAnswers& labelled, Micros from, Micros to) {
  std::vector<std::size_t> out;
  for (std::size_t row = 0; row < labelled.kept.size(); ++row) {
    if (labelled.kept[row] == 0) continue;
    const Micros known = std::max(labelled.kept[row], labelled.answers.time->times()[row]);
    if (known >= from && known < to) out.push_back(row);
  }
  return out;
}

table::Column taken(const table::Column& column, const std::vector<std::size_t>& rows) {
  monitor::Picked picked;
  for (const std::size_t row : rows) picked.add(&column, row);
  return picked.column(column.name);
}

std::optional<monitor::Answers> answers_between(data::Repository& repository, const MonitoredModel& model,
                                                const WatchFlags& flags, Micros from, Micros to,
                                                const table::Table& window) {
  const bool late = labels_came(repository, model.version.name, from);
  const table::Table traffic = late ? traffic_rows(repository, model, from - flags.label_horizon) : window;
  if (traffic.rows == 0) return std::nullopt;
  const AnswerColumns columns{.prediction = {}, .scores = {}, .task = task_of("", model.charter)};
  auto labelled = label_traffic(repository, model, traffic, columns, from - k_label_lead, to);
  const auto rows = known_between(labelled, from, to);
  if (rows.empty()) return std::nullopt;
  monitor::Answers out;
  out.truth = taken(labelled.answers.truth, rows);
  if (labelled.answers.prediction) out.prediction = taken(*labelled.answers.prediction, rows);
  for (const auto& score : labelled.answers.scores) out.scores.push_back(taken(score, rows));
  out.score_classes = labelled.answers.score_classes;
  out.time = taken(*labelled.answers.time, rows);
  return out;
}

}  // namespace

monitor::WatchedModel watched_model(data::Repository& repository, const std::string& name, const WatchFlags& flags) {
  const auto model = monitored_model(repository, name);
  const auto reference = std::make_shared<Reference>(repository, name);
  monitor::WatchedModel out;
  out.name = model.version.name;
  out.limits = limits_of(flags, model.charter);
  out.traffic = [&repository, name](Micros since) {
    return traffic_rows(repository, monitored_model(repository, name), since);
  };
  out.reference = [reference](const table::Table& traffic) -> const table::Table& { return reference->get(traffic); };
  out.answers = [&repository, name, flags](Micros from, Micros to, const table::Table& window) {
    return answers_between(repository, monitored_model(repository, name), flags, from, to, window);
  };
  return out;
}

}  // namespace mlops
