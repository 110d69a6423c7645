#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "monitor/tails.h"

namespace mlops::monitor {
namespace {

// One-sided, exact: the sum of x/p * P(j successes of n with p = x + j/n).
double one_sided_sf(double x, double n) {
  if (n * x * x > 40)
    return std::exp(-2 * n * (x + 1 / (6 * n)) * (x + 1 / (6 * n)));  // below 1e-34: two digits are enough
  const double last = std::floor(n * (1 - x));
  double sum = 0;
  for (double j = 0; j <= last; ++j) {
    const double p = x + j / n;
    sum += x / p * binomial_pmf(j, n, p);
  }
  return std::min(sum, 1.0);
}

// A square matrix with a power of two taken out, so that high powers neither overflow nor vanish.
struct Matrix {
  std::size_t size;
  std::vector<double> values;
  int exponent = 0;
};

Matrix multiply(const Matrix& a, const Matrix& b) {
  Matrix out{a.size, std::vector<double>(a.size * a.size), a.exponent + b.exponent};
  for (std::size_t i = 0; i < a.size; ++i)
    for (std::size_t k = 0; k < a.size; ++k)
      for (std::size_t j = 0; j < a.size; ++j)
        out.values[i * a.size + j] += a.values[i * a.size + k] * b.values[k * a.size + j];
  const double middle = out.values[(a.size / 2) * a.size + a.size / 2];
  if (middle > 0 && (middle > 1e100 || middle < 1e-100)) {
    const int shift = std::ilogb(middle);
    for (double& value : out.values) value = std::ldexp(value, -shift);
    out.exponent += shift;
  }
  return out;
}

Matrix power(const Matrix& base, std::size_t n) {
  if (n == 1) return base;
  const Matrix half = power(base, n / 2);
  const Matrix square = multiply(half, half);
  return n % 2 == 0 ? square : multiply(square, base);
}

// Durbin's matrix in the form of G. Marsaglia, W. Tsang and J. Wang (J. Stat. Software 8(18), 2003).
Matrix durbin_matrix(double d, std::size_t n) {
  const double nd = d * static_cast<double>(n);
  const auto k = static_cast<std::size_t>(nd) + 1;
  const std::size_t size = 2 * k - 1;
  const double h = static_cast<double>(k) - nd;
  Matrix out{size, std::vector<double>(size * size)};
  const auto at = [&](std::size_t i, std::size_t j) -> double& { return out.values[i * size + j]; };
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j < std::min(size, i + 2); ++j) at(i, j) = 1;
  for (std::size_t i = 0; i < size; ++i) {
    at(i, 0) -= std::pow(h, static_cast<double>(i + 1));
    at(size - 1, i) -= std::pow(h, static_cast<double>(size - i));
  }
  at(size - 1, 0) += 2 * h - 1 > 0 ? std::pow(2 * h - 1, static_cast<double>(size)) : 0;
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j < std::min(size, i + 1); ++j)
      for (std::size_t g = 1; g <= i - j + 1; ++g) at(i, j) /= static_cast<double>(g);
  return out;
}

double durbin_cdf(double d, std::size_t n) {
  const Matrix result = power(durbin_matrix(d, n), n);
  const std::size_t middle = result.size / 2;
  double value = result.values[middle * result.size + middle];
  int exponent = result.exponent;
  for (std::size_t i = 1; i <= n; ++i) {
    value *= static_cast<double>(i) / static_cast<double>(n);
    if (value < 1e-140) {
      value = std::ldexp(value, 400);
      exponent -= 400;
    }
  }
  return std::ldexp(value, exponent);
}

// Pelz and Good's four terms. a = pi^2 (k + 1/2)^2 and b = pi^2 k^2 run over all integers k; both sums are even in k.
double pelz_good_cdf(double d, std::size_t n) {
  constexpr double k_pi2 = std::numbers::pi * std::numbers::pi;
  const double root = std::sqrt(static_cast<double>(n));
  const double z = d * root, z2 = z * z, z4 = z2 * z2, z6 = z4 * z2, z8 = z4 * z4;
  double k0 = 0, k1 = 0, k2 = 0, k2b = 0, k3 = 0, k3b = 0;
  for (int k = 0; k < 40; ++k) {
    const double a = k_pi2 * (k + 0.5) * (k + 0.5), b = k_pi2 * k * k;
    const double wa = 2 * std::exp(-a / (2 * z2)), wb = 2 * std::exp(-b / (2 * z2));
    k0 += wa;
    k1 += (a - z2) * wa;
    k2 += (6 * z6 + 2 * z4 + a * (2 * z4 - 5 * z2) + a * a * (1 - 2 * z2)) * wa;
    k2b += b * wb;
    k3 +=
        (a * a * a * (5 - 30 * z2) + a * a * (-60 * z2 + 212 * z4) + a * (135 * z4 - 96 * z6) - 30 * z6 - 90 * z8) * wa;
    k3b += (-b * b + 3 * b * z2) * wb;
    if (wa < 1e-30) break;
  }
  const double c = std::sqrt(std::numbers::pi / 2);
  const double first = c / z * k0;
  const double second = c / (6 * z4) * k1;
  const double third = c * (k2 / (72 * z6 * z) - k2b / (36 * z2 * z));
  const double fourth = c * (k3 / (6480 * z8 * z2) + k3b / (216 * z6));
  return first + second / root + third / (root * root) + fourth / (root * root * root);
}

double middle_sf(double d, std::size_t n) {
  const auto count = static_cast<double>(n);
  const double nd2 = count * d * d;
  const bool small = n <= 140;
  if (nd2 >= (small ? 4.0 : 2.2)) return 2 * one_sided_sf(d, count);
  if (small || (n <= 100'000 && count * d * std::sqrt(d) <= 1.4)) return 1 - durbin_cdf(d, n);
  return 1 - pelz_good_cdf(d, n);
}

}  // namespace

double kolmogorov_sf(double d, std::size_t n) {
  const auto count = static_cast<double>(n);
  if (n == 0 || count * d <= 0.5) return 1;
  if (d >= 1) return 0;
  if (count * d >= count - 1) return 2 * std::pow(1 - d, count);
  if (d >= 0.5) return std::clamp(2 * one_sided_sf(d, count), 0.0, 1.0);
  return std::clamp(middle_sf(d, n), 0.0, 1.0);
}

}  // namespace mlops::monitor
