// The functions of the table in statistic.cpp, each in its file of the same name. Tested with scipy's and Evidently's
// numbers (tests/data/monitoring-golden.json).
#pragma once

#include "monitor/statistic.h"

namespace mlops::monitor {

Outcome ks(const Numbers& numbers);
double ks_distance(const Numbers& numbers);  // the greatest difference of the distribution functions
double ks_exact(std::size_t n, std::size_t m, double distance);  // NaN where counting paths overflows
double ks_asymptotic(std::size_t n, std::size_t m, double distance);

Outcome wasserstein(const Numbers& numbers);  // divided by the reference's standard deviation
double wasserstein_distance(const Numbers& numbers);
Outcome energy_distance(const Numbers& numbers);

Outcome psi(const Numbers& numbers);
Outcome psi(const Counts& counts);
Outcome kl_div(const Numbers& numbers);
Outcome kl_div(const Counts& counts);
Outcome jensenshannon(const Numbers& numbers);
Outcome jensenshannon(const Counts& counts);
Outcome hellinger(const Numbers& numbers);
Outcome hellinger(const Counts& counts);

Outcome anderson(const Numbers& numbers);
double anderson_statistic(const Numbers& numbers);  // standardised, midranks; NaN where it has none
Outcome cramer_von_mises(const Numbers& numbers);
struct CramerVonMises {
  double u, t;
};
CramerVonMises cramer_von_mises_statistic(const Numbers& numbers);
double cramer_von_mises_exact(std::size_t n, std::size_t m, double u);
double cramer_von_mises_asymptotic(std::size_t n, std::size_t m, double t);
Outcome mann_whitney(const Numbers& numbers);   // one-sided: the reference is smaller
double mann_whitney_u(const Numbers& numbers);  // of the reference
Outcome t_test(const Numbers& numbers);
double t_statistic(const Numbers& numbers);
Outcome epps_singleton(const Numbers& numbers);

Outcome chisquare(const Counts& counts);
Outcome z(const Counts& counts);
Outcome g_test(const Counts& counts);
Outcome fisher_exact(const Counts& counts);
// Two-sided, for [[a, b], [c, d]].
double fisher_two_sided(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d);

}  // namespace mlops::monitor
