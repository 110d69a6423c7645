#include "monitor/tails.h"

#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <numbers>

namespace mlops::monitor {

double normal_sf(double z) { return boost::math::erfc(z / std::numbers::sqrt2) / 2; }

double chi2_sf(double x, double degrees) {
  if (std::isnan(x) || degrees <= 0) return std::numeric_limits<double>::quiet_NaN();
  if (std::isinf(x)) return 0;
  return boost::math::gamma_q(degrees / 2, x / 2);
}

double student_two_sided(double t, double degrees) {
  if (std::isnan(t) || degrees <= 0) return std::numeric_limits<double>::quiet_NaN();
  if (std::isinf(t)) return 0;
  const boost::math::students_t_distribution<double> distribution(degrees);
  return 2 * boost::math::cdf(boost::math::complement(distribution, std::abs(t)));
}

double binomial_pmf(double k, double n, double p) {
  if (p <= 0) return k == 0 ? 1 : 0;
  if (p >= 1) return k == n ? 1 : 0;
  return boost::math::ibeta_derivative(k + 1, n - k + 1, p) / (n + 1);
}

double kolmogorov_limit_sf(double z) {
  if (z < 0.04) return 1;
  double sum = 0;
  for (int k = 1; k <= 200; ++k) {
    const double term = std::exp(-2.0 * k * k * z * z);
    sum += k % 2 == 1 ? term : -term;
    if (term < 1e-18) break;
  }
  return std::min(1.0, 2 * sum);
}

double cramer_von_mises_cdf(double x) {
  double total = 0;
  for (int k = 0;; ++k) {
    const double y = 4.0 * k + 1, q = y * y / (16 * x);
    const double factor =
        std::exp(std::lgamma(k + 0.5) - std::lgamma(k + 1.0)) / (std::pow(std::numbers::pi, 1.5) * std::sqrt(x));
    const double term = q > 350 ? 0 : factor * std::sqrt(y) * std::exp(-q) * boost::math::cyl_bessel_k(0.25, q);
    total += term;
    if (!(std::abs(term) >= 1e-7)) return total;
  }
}

}  // namespace mlops::monitor
