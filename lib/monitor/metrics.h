// The functions of the table in metric.cpp. Tested with scikit-learn's numbers (tests/data/monitoring-golden.json).
#pragma once

#include <span>

#include "monitor/metric.h"

namespace mlops::monitor {

// metrics/classification.cpp. Means are over the classes that occur in the truth or in the answers; 0 divided by 0 is
// 0.
enum class Average { positive, macro, micro, weighted };
Outcome precision(const Judged& rows, Average average);
Outcome recall(const Judged& rows, Average average);
Outcome f1(const Judged& rows, Average average);
Outcome accuracy(const Judged& rows);
Outcome balanced_accuracy(const Judged& rows);  // mean recall over the classes of the truth
Outcome matthews_corrcoef(const Judged& rows);  // 0 where a side is constant
Outcome cohen_kappa(const Judged& rows);

// metrics/ranking.cpp
// Ties count one half. NaN where only one class occurs.
double area_under_roc(std::span<const double> scores, std::span<const std::uint8_t> positive);
Outcome roc_auc(const Judged& rows);
Outcome roc_auc_ovr(const Judged& rows);           // one class against the rest, plain mean
Outcome roc_auc_ovr_weighted(const Judged& rows);  // by the rows of each class
Outcome roc_auc_ovo(const Judged& rows);           // mean over pairs of classes
Outcome average_precision(const Judged& rows);     // over distinct scores, no interpolation; 0 without a positive
Outcome log_loss(const Judged& rows);
Outcome brier(const Judged& rows);

// metrics/regression.cpp. Errors are answer − truth.
Outcome mean_absolute_error(const Judged& rows);
Outcome mean_squared_error(const Judged& rows);
Outcome root_mean_squared_error(const Judged& rows);
Outcome mean_absolute_percentage_error(const Judged& rows);  // a fraction
Outcome median_absolute_error(const Judged& rows);
Outcome max_error(const Judged& rows);
Outcome mean_error(const Judged& rows);
Outcome r2(const Judged& rows);
Outcome explained_variance(const Judged& rows);
Outcome mean_poisson_deviance(const Judged& rows);

}  // namespace mlops::monitor
