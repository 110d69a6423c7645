#include <algorithm>
#include <cmath>

#include "monitor/metrics.h"

namespace mlops::monitor {
namespace {

constexpr double k_epsilon = 2.220446049250313e-16;

template <class OfRow>
double mean(const Judged& rows, const OfRow& of_row) {
  double sum = 0;
  for (std::size_t i = 0; i < rows.actual.size(); ++i) sum += of_row(rows.actual[i], rows.estimated[i]);
  return sum / static_cast<double>(rows.actual.size());
}

double squared(double value) { return value * value; }

// What part of the truth's spread is explained; 1 where there is none and nothing is missed, 0 where something is.
double explained(double missed, double spread) {
  if (spread != 0) return 1 - missed / spread;
  return missed == 0 ? 1 : 0;
}

double mean_truth(const Judged& rows) {
  return mean(rows, [](double y, double) { return y; });
}

}  // namespace

Outcome mean_absolute_error(const Judged& rows) {
  return mean(rows, [](double y, double answer) { return std::abs(answer - y); });
}

Outcome mean_squared_error(const Judged& rows) {
  return mean(rows, [](double y, double answer) { return squared(answer - y); });
}

Outcome root_mean_squared_error(const Judged& rows) { return std::sqrt(mean_squared_error(rows).value); }

Outcome mean_absolute_percentage_error(const Judged& rows) {
  return mean(rows, [](double y, double answer) { return std::abs(answer - y) / std::max(std::abs(y), k_epsilon); });
}

Outcome median_absolute_error(const Judged& rows) {
  std::vector<double> errors;
  for (std::size_t i = 0; i < rows.actual.size(); ++i) errors.push_back(std::abs(rows.estimated[i] - rows.actual[i]));
  const std::size_t middle = errors.size() / 2;
  std::nth_element(errors.begin(), errors.begin() + static_cast<std::ptrdiff_t>(middle), errors.end());
  const double upper = errors[middle];
  if (errors.size() % 2 == 1) return upper;
  return (*std::max_element(errors.begin(), errors.begin() + static_cast<std::ptrdiff_t>(middle)) + upper) / 2;
}

Outcome max_error(const Judged& rows) {
  double out = 0;
  for (std::size_t i = 0; i < rows.actual.size(); ++i)
    out = std::max(out, std::abs(rows.estimated[i] - rows.actual[i]));
  return out;
}

Outcome mean_error(const Judged& rows) {
  return mean(rows, [](double y, double answer) { return answer - y; });
}

Outcome r2(const Judged& rows) {
  if (rows.rows() < 2) return Outcome::none("one row has no spread");
  const double centre = mean_truth(rows);
  return explained(mean_squared_error(rows).value, mean(rows, [&](double y, double) { return squared(y - centre); }));
}

Outcome explained_variance(const Judged& rows) {
  const double centre = mean_truth(rows), bias = mean_error(rows).value;
  return explained(mean(rows, [&](double y, double answer) { return squared(answer - y - bias); }),
                   mean(rows, [&](double y, double) { return squared(y - centre); }));
}

Outcome mean_poisson_deviance(const Judged& rows) {
  for (std::size_t i = 0; i < rows.actual.size(); ++i)
    if (rows.actual[i] < 0 || rows.estimated[i] <= 0)
      return Outcome::none("it needs answers above 0 and no truth below");
  return mean(rows, [](double y, double answer) { return 2 * ((y > 0 ? y * std::log(y / answer) : 0) - y + answer); });
}

}  // namespace mlops::monitor
