#include <cmath>

#include "monitor/metrics.h"

namespace mlops::monitor {
namespace {

// Of each class: rows that have it as truth, as answer, as both.
struct Totals {
  std::vector<double> truth, predicted, both;
  double rows = 0, right = 0;
};

Totals totals_of(const Judged& rows) {
  const std::size_t classes = rows.classes.size();
  Totals out{std::vector<double>(classes), std::vector<double>(classes), std::vector<double>(classes)};
  for (std::size_t i = 0; i < rows.truth.size(); ++i) {
    ++out.truth[rows.truth[i]];
    ++out.predicted[rows.predicted[i]];
    if (rows.truth[i] == rows.predicted[i]) ++out.both[rows.truth[i]];
  }
  out.rows = static_cast<double>(rows.truth.size());
  for (const double both : out.both) out.right += both;
  return out;
}

double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }

using OfClass = double (*)(const Totals&, std::size_t);

double precision_of(const Totals& totals, std::size_t c) { return ratio(totals.both[c], totals.predicted[c]); }
double recall_of(const Totals& totals, std::size_t c) { return ratio(totals.both[c], totals.truth[c]); }
double f1_of(const Totals& totals, std::size_t c) {
  return ratio(2 * totals.both[c], totals.truth[c] + totals.predicted[c]);
}

double mean_over_classes(const Totals& totals, OfClass value, bool weighted) {
  double sum = 0, weights = 0;
  for (std::size_t c = 0; c < totals.truth.size(); ++c) {
    if (totals.truth[c] + totals.predicted[c] == 0) continue;  // not among these rows
    const double weight = weighted ? totals.truth[c] : 1;
    sum += weight * value(totals, c);
    weights += weight;
  }
  return ratio(sum, weights);
}

Outcome averaged(const Judged& rows, Average average, OfClass value) {
  const Totals totals = totals_of(rows);
  if (average == Average::micro) return ratio(totals.right, totals.rows);
  if (average == Average::positive) return rows.positive < totals.truth.size() ? value(totals, rows.positive) : 0.0;
  return mean_over_classes(totals, value, average == Average::weighted);
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

Outcome precision(const Judged& rows, Average average) { return averaged(rows, average, precision_of); }
Outcome recall(const Judged& rows, Average average) { return averaged(rows, average, recall_of); }
Outcome f1(const Judged& rows, Average average) { return averaged(rows, average, f1_of); }

Outcome accuracy(const Judged& rows) {
  const Totals totals = totals_of(rows);
  return ratio(totals.right, totals.rows);
}

Outcome balanced_accuracy(const Judged& rows) {
  const Totals totals = totals_of(rows);
  double sum = 0, classes = 0;
  for (std::size_t c = 0; c < totals.truth.size(); ++c) {
    if (totals.truth[c] == 0) continue;
    sum += recall_of(totals, c);
    ++classes;
  }
  return ratio(sum, classes);
}

Outcome matthews_corrcoef(const Judged& rows) {
  const Totals totals = totals_of(rows);
  const double square = totals.rows * totals.rows;
  const double together = totals.right * totals.rows - dot(totals.truth, totals.predicted);
  const double spread = (square - dot(totals.predicted, totals.predicted)) * (square - dot(totals.truth, totals.truth));
  return spread == 0 ? 0 : together / std::sqrt(spread);
}

Outcome cohen_kappa(const Judged& rows) {
  const Totals totals = totals_of(rows);
  const double by_chance = dot(totals.truth, totals.predicted) / totals.rows;
  const double expected = totals.rows - by_chance, observed = totals.rows - totals.right;
  if (expected == 0) return Outcome::none("there is one class only");
  return 1 - observed / expected;
}

}  // namespace mlops::monitor
