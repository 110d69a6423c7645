// Student's t with pooled variance, two-sided.
#include <cmath>

#include "monitor/statistics.h"
#include "monitor/tails.h"
#include "table/sorted.h"

namespace mlops::monitor {

double t_statistic(const Numbers& numbers) {
  const auto x = table::moments(numbers.reference), y = table::moments(numbers.current);
  const auto n = static_cast<double>(numbers.reference.size()), m = static_cast<double>(numbers.current.size());
  const double pooled = (n * x.sd * x.sd + m * y.sd * y.sd) / (n + m - 2);
  return (x.mean - y.mean) / std::sqrt(pooled * (1 / n + 1 / m));
}

Outcome t_test(const Numbers& numbers) {
  const auto total = static_cast<double>(numbers.reference.size() + numbers.current.size());
  if (total < 3) return Outcome::none("one value on each side");
  const double t = t_statistic(numbers);
  if (std::isnan(t)) return Outcome::none("both sides are the same constant");
  return student_two_sided(t, total - 2);
}

}  // namespace mlops::monitor
