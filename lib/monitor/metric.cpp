#include "monitor/metric.h"

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "monitor/metrics.h"

namespace mlops::monitor {
namespace {

template <Outcome (*metric)(const Judged&, Average), Average average>
Outcome with(const Judged& rows) {
  return metric(rows, average);
}

// Without an average, as scikit-learn's users write it: the positive class's of two, the plain mean of more.
template <Outcome (*metric)(const Judged&, Average)>
Outcome plain(const Judged& rows) {
  return metric(rows, rows.task == TaskKind::binary ? Average::positive : Average::macro);
}

constexpr bool k_up = true, k_down = false, k_yes = true, k_no = false;

// name, title, which is better, of binary, multiclass, regression, needs scores
const std::array k_table{
    PerformanceMetric{"accuracy", "accuracy", k_up, k_yes, k_yes, k_no, k_no, accuracy},
    PerformanceMetric{"balanced_accuracy", "balanced accuracy", k_up, k_yes, k_yes, k_no, k_no, balanced_accuracy},
    PerformanceMetric{"precision", "precision", k_up, k_yes, k_yes, k_no, k_no, plain<precision>},
    PerformanceMetric{"recall", "recall", k_up, k_yes, k_yes, k_no, k_no, plain<recall>},
    PerformanceMetric{"f1", "F1", k_up, k_yes, k_yes, k_no, k_no, plain<f1>},
    PerformanceMetric{"roc_auc", "area under ROC", k_up, k_yes, k_no, k_no, k_yes, roc_auc},
    PerformanceMetric{"average_precision", "average precision", k_up, k_yes, k_no, k_no, k_yes, average_precision},
    PerformanceMetric{"roc_auc_ovr", "area under ROC, one against rest", k_up, k_no, k_yes, k_no, k_yes, roc_auc_ovr},
    PerformanceMetric{"roc_auc_ovr_weighted", "the same, by rows", k_up, k_no, k_yes, k_no, k_yes,
                      roc_auc_ovr_weighted},
    PerformanceMetric{"roc_auc_ovo", "area under ROC, pairs", k_up, k_no, k_yes, k_no, k_yes, roc_auc_ovo},
    PerformanceMetric{"log_loss", "log loss", k_down, k_yes, k_yes, k_no, k_yes, log_loss},
    PerformanceMetric{"brier", "Brier", k_down, k_yes, k_no, k_no, k_yes, brier},
    PerformanceMetric{"matthews_corrcoef", "Matthews", k_up, k_yes, k_yes, k_no, k_no, matthews_corrcoef},
    PerformanceMetric{"cohen_kappa", "Cohen's kappa", k_up, k_yes, k_yes, k_no, k_no, cohen_kappa},
    PerformanceMetric{"precision_macro", "precision, mean of classes", k_up, k_yes, k_yes, k_no, k_no,
                      with<precision, Average::macro>},
    PerformanceMetric{"precision_micro", "precision, all rows", k_up, k_yes, k_yes, k_no, k_no,
                      with<precision, Average::micro>},
    PerformanceMetric{"precision_weighted", "precision, by rows", k_up, k_yes, k_yes, k_no, k_no,
                      with<precision, Average::weighted>},
    PerformanceMetric{"recall_macro", "recall, mean of classes", k_up, k_yes, k_yes, k_no, k_no,
                      with<recall, Average::macro>},
    PerformanceMetric{"recall_micro", "recall, all rows", k_up, k_yes, k_yes, k_no, k_no, with<recall, Average::micro>},
    PerformanceMetric{"recall_weighted", "recall, by rows", k_up, k_yes, k_yes, k_no, k_no,
                      with<recall, Average::weighted>},
    PerformanceMetric{"f1_macro", "F1, mean of classes", k_up, k_yes, k_yes, k_no, k_no, with<f1, Average::macro>},
    PerformanceMetric{"f1_micro", "F1, all rows", k_up, k_yes, k_yes, k_no, k_no, with<f1, Average::micro>},
    PerformanceMetric{"f1_weighted", "F1, by rows", k_up, k_yes, k_yes, k_no, k_no, with<f1, Average::weighted>},
    PerformanceMetric{"mae", "mean absolute error", k_down, k_no, k_no, k_yes, k_no, mean_absolute_error},
    PerformanceMetric{"rmse", "root mean squared error", k_down, k_no, k_no, k_yes, k_no, root_mean_squared_error},
    PerformanceMetric{"r2", "R²", k_up, k_no, k_no, k_yes, k_no, r2},
    PerformanceMetric{"mse", "mean squared error", k_down, k_no, k_no, k_yes, k_no, mean_squared_error},
    PerformanceMetric{"mape", "mean absolute percentage error", k_down, k_no, k_no, k_yes, k_no,
                      mean_absolute_percentage_error},
    PerformanceMetric{"median_absolute_error", "median absolute error", k_down, k_no, k_no, k_yes, k_no,
                      median_absolute_error},
    PerformanceMetric{"max_error", "largest error", k_down, k_no, k_no, k_yes, k_no, max_error},
    PerformanceMetric{"mean_error", "mean error", k_down, k_no, k_no, k_yes, k_no, mean_error},
    PerformanceMetric{"explained_variance", "explained variance", k_up, k_no, k_no, k_yes, k_no, explained_variance},
    PerformanceMetric{"mean_poisson_deviance", "Poisson deviance", k_down, k_no, k_no, k_yes, k_no,
                      mean_poisson_deviance},
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 19> k_other_names{
    {{"auc", "roc_auc"},
     {"auroc", "roc_auc"},
     {"roc_auc_score", "roc_auc"},
     {"ap", "average_precision"},
     {"average_precision_score", "average_precision"},
     {"accuracy_score", "accuracy"},
     {"balanced_accuracy_score", "balanced_accuracy"},
     {"precision_score", "precision"},
     {"recall_score", "recall"},
     {"f1_score", "f1"},
     {"mcc", "matthews_corrcoef"},
     {"cohen_kappa_score", "cohen_kappa"},
     {"brier_score", "brier"},
     {"brier_score_loss", "brier"},
     {"mean_absolute_error", "mae"},
     {"mean_squared_error", "mse"},
     {"root_mean_squared_error", "rmse"},
     {"mean_absolute_percentage_error", "mape"},
     {"r2_score", "r2"}}};

}  // namespace

const char* to_text(TaskKind task) {
  static constexpr std::array<const char*, 3> k_names{"binary", "multiclass", "regression"};
  return k_names.at(static_cast<std::size_t>(task));
}

bool PerformanceMetric::fits(TaskKind task) const {
  return task == TaskKind::binary ? of_binary : task == TaskKind::multiclass ? of_multiclass : of_regression;
}

std::span<const PerformanceMetric> performance_metrics() { return k_table; }

const PerformanceMetric* known_metric(std::string_view name) {
  std::string_view last = name.substr(name.rfind('.') + 1);
  for (const auto& [other, own] : k_other_names)
    if (last == other) last = own;
  for (const auto& metric : k_table)
    if (metric.name == last) return &metric;
  return nullptr;
}

const PerformanceMetric& find_metric(std::string_view name) {
  if (const auto* metric = known_metric(name)) return *metric;
  std::vector<std::string> names;
  for (const auto& metric : k_table) names.emplace_back(metric.name);
  const std::string near = nearest(name, names);
  throw usage_error("there is no metric \"" + printable(name) + "\"",
                    near.empty() ? "one of: " + join(names, ", ") : "did you mean \"" + near + "\"?");
}

}  // namespace mlops::monitor
