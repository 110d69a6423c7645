// Tails of distributions, through Boost.Math where it has them.
#pragma once

#include <cstddef>

namespace mlops::monitor {

double normal_sf(double z);
double chi2_sf(double x, double degrees);
double student_two_sided(double t, double degrees);
// P(D > d) of Kolmogorov's two-sided statistic of one sample of n values: the finite law, not its limit. Exact for
// small n and in the tails, else Pelz and Good's expansion (R. Simard and P. L'Ecuyer, J. Stat. Software 39(11), 2011).
double kolmogorov_sf(double d, std::size_t n);
// The limit for n towards infinity, of sqrt(n) d.
double kolmogorov_limit_sf(double z);
// The limiting distribution function of the Cramér–von Mises statistic (S. Csörgő and J. J. Faraway, 1996, eq. 1.3).
double cramer_von_mises_cdf(double x);
// Binomial probability of k out of n.
double binomial_pmf(double k, double n, double p);

}  // namespace mlops::monitor
