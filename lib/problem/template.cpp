#include "problem/template.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "base/yaml.h"

namespace mlops::problem {
namespace {

constexpr std::array<std::string_view, 19> k_small_is_good{
    "loss",  "error", "rmse", "mse", "mae", "mape", "smape",    "brier",  "nll",    "perplexity",
    "rmsle", "wer",   "cer",  "fpr", "fnr", "ece",  "deviance", "regret", "latency"};
constexpr std::array<std::string_view, 14> k_usual_first{
    "auc", "roc_auc", "average_precision", "f1",   "f1_score", "accuracy", "rmse",
    "mae", "r2",      "log_loss",          "loss", "mape",     "ndcg",     "silhouette"};
constexpr std::array<std::string_view, 7> k_of_numbers{"rmse", "mse", "mae", "mape", "smape", "rmsle", "r2"};

// "test.log_loss" → {"test", "log", "loss"}.
std::vector<std::string> words(const std::string& name) {
  std::vector<std::string> out;
  for (const auto& part : split(fold_case(name), '.'))
    for (auto& word : split(part, '_')) out.push_back(std::move(word));
  return out;
}

template <std::size_t N>
bool any_word(const std::string& name, const std::array<std::string_view, N>& table) {
  for (const auto& word : words(name))
    if (std::find(table.begin(), table.end(), word) != table.end()) return true;
  return false;
}

Metric guess(const Known& known) {
  if (known.metric) return *known.metric;
  for (const auto usual : k_usual_first)
    for (const auto& name : known.metrics)
      if (name == usual || name.ends_with("." + std::string(usual)))
        return {name, usual_direction(name), std::nullopt, {}};
  if (!known.metrics.empty()) return {known.metrics.front(), usual_direction(known.metrics.front()), std::nullopt, {}};
  return {known.task == Task::regression || known.task == Task::forecasting ? "rmse" : "auc",
          known.task == Task::regression || known.task == Task::forecasting ? Direction::minimize : Direction::maximize,
          std::nullopt,
          {}};
}

Task guess_task(const Known& known, const Metric& metric) {
  if (known.task) return *known.task;
  return any_word(metric.name, k_of_numbers) ? Task::regression : Task::binary_classification;
}

std::string value_or_nothing(const std::string& text) { return text.empty() ? "" : " " + yaml_value(text); }

std::string sources_text(const std::vector<std::string>& sources) {
  if (sources.empty()) return "sources: []                     # paths, versioned by `mlops data add`\n";
  std::string out = "sources:                        # paths, versioned by `mlops data add`\n";
  for (const auto& path : sources) out += "  - " + yaml_value(path) + "\n";
  return out;
}

}  // namespace

Direction usual_direction(const std::string& metric) {
  return any_word(metric, k_small_is_good) ? Direction::minimize : Direction::maximize;
}

std::string charter_template(const Known& known) {
  const Metric metric = guess(known);
  const Task task = guess_task(known, metric);
  const double threshold = metric.threshold.value_or(metric.direction == Direction::maximize ? 0.8 : 1);
  std::string out =
      "# What this model is for, in numbers it must keep. `mlops problem check` holds it\n"
      "# against data and pipeline; a key that stands behind a # is optional.\n\n";
  out += fmt::format("name: {}  # the model's name in the registry\n", yaml_value(known.name));
  out += fmt::format("goal:{}  # one sentence: what shall be better, and for whom\n", value_or_nothing(known.goal));
  out += fmt::format("task: {}\n", to_text(task));
  out +=
      "#     binary_classification, multiclass_classification, regression, forecasting, ranking, clustering, "
      "anomaly_detection\n";
  out += fmt::format("target:{}  # the column to predict\n", value_or_nothing(known.target));
  out +=
      "# positive: yes                 # the target's value that counts as positive\n"
      "# prediction: probability       # the model's output that answers, where it has several\n"
      "# alias: prod                   # the version in production\n";
  out += sources_text(known.sources);
  out += fmt::format("\nmetric: {{name: {}, direction: {}, threshold: {}}}{}\n", yaml_value(metric.name),
                     to_text(metric.direction), show_double(threshold),
                     metric.threshold ? "" : "  # a guess: from where on is a model good enough?");
  out +=
      "# secondary:\n"
      "#   - {name: log_loss, direction: minimize, threshold: 0.4}\n"
      "\n"
      "# latency: {p50: 5ms, p95: 20ms, p99: 50ms}        # of one request, at most\n"
      "# errors: 0.01                                      # share of requests that may fail\n"
      "# freshness: {data: 30d, model: 90d}               # how old the newest data and the version in production may "
      "be\n"
      "# drift: {share: 0.5, minimum_rows: 100}           # what counts as drift: this share of the columns\n"
      "# champion: {tolerance: 0.01}                      # a candidate may be worse than production by so much; "
      "false: not compared\n"
      "\n"
      "# retraining:\n"
      "#   on: [schedule, data, drift, performance]       # what shall start it\n"
      "#   cron: '0 3 * * 1'                              # for schedule: minute hour day month weekday\n"
      "#   zone: Europe/Berlin\n"
      "#   cooldown: 1d                                   # not sooner than this after the one before\n"
      "#   stages: [train, evaluate]                      # of mlops.yaml; or command: [python, retrain.py]\n";
  return out;
}

}  // namespace mlops::problem
