// Epps–Singleton: compares empirical characteristic functions at two points, so it sees shape where means agree
// (T. W. Epps and K. J. Singleton, J. Stat. Comput. Simul. 26, 1986).
#include <array>
#include <cmath>

#include "monitor/pooled.h"
#include "monitor/statistics.h"
#include "monitor/tails.h"

namespace mlops::monitor {
namespace {

using Vector = std::array<double, 4>;
using Square = std::array<Vector, 4>;

// cos and sin at the first point, and at twice of it: the points are 0.4 and 0.8, so doubling is exact.
Vector waves(double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  return {c, 1 - 2 * s * s, s, 2 * s * c};
}

struct Side {
  Vector mean{};
  Square covariance{};  // of the sample as a population
};

Side look_at(std::span<const double> values, double scale) {
  Side out;
  Square products{};
  const Vector origin = waves(values.front() * scale);  // differences to it keep the sums small
  for (const double value : values) {
    Vector w = waves(scale * value);
    for (std::size_t i = 0; i < 4; ++i) {
      w[i] -= origin[i];
      out.mean[i] += w[i];
      for (std::size_t j = 0; j <= i; ++j) products[i][j] += w[i] * w[j];
    }
  }
  const auto count = static_cast<double>(values.size());
  for (auto& mean : out.mean) mean /= count;
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      out.covariance[i][j] = out.covariance[j][i] = products[i][j] / count - out.mean[i] * out.mean[j];
  for (std::size_t i = 0; i < 4; ++i) out.mean[i] += origin[i];
  return out;
}

// Eigenvalues on the diagonal of `a`, eigenvectors as columns of `v`: Jacobi's rotations until nothing is left beside.
void diagonalise(Square& a, Square& v) {
  for (std::size_t i = 0; i < 4; ++i) v[i][i] = 1;
  for (int sweep = 0; sweep < 60; ++sweep) {
    for (std::size_t p = 0; p < 4; ++p) {
      for (std::size_t q = p + 1; q < 4; ++q) {
        if (a[p][q] == 0) continue;
        const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (std::size_t k = 0; k < 4; ++k) {
          const double kp = a[k][p], kq = a[k][q];
          a[k][p] = c * kp - s * kq;
          a[k][q] = s * kp + c * kq;
        }
        for (std::size_t k = 0; k < 4; ++k) {
          const double pk = a[p][k], qk = a[q][k];
          a[p][k] = c * pk - s * qk;
          a[q][k] = s * pk + c * qk;
          const double vp = v[k][p], vq = v[k][q];
          v[k][p] = c * vp - s * vq;
          v[k][q] = s * vp + c * vq;
        }
      }
    }
  }
}

struct Form {
  double value = 0;  // difference' * pseudo-inverse * difference
  int rank = 0;
};

Form inverse_form(Square covariance, const Vector& difference) {
  Square vectors{};
  diagonalise(covariance, vectors);
  double largest = 0;
  for (std::size_t i = 0; i < 4; ++i) largest = std::max(largest, std::abs(covariance[i][i]));
  Form out;
  for (std::size_t i = 0; i < 4; ++i) {
    if (std::abs(covariance[i][i]) <= 1e-15 * largest) continue;
    double along = 0;
    for (std::size_t k = 0; k < 4; ++k) along += vectors[k][i] * difference[k];
    out.value += along * along / covariance[i][i];
    ++out.rank;
  }
  return out;
}

// Linear interpolation between order statistics of the pool.
double pooled_quantile(const Numbers& numbers, double share) {
  const std::size_t total = numbers.reference.size() + numbers.current.size();
  const double place = share * static_cast<double>(total - 1);
  const auto low = static_cast<std::size_t>(place);
  double at_low = 0, at_high = 0;
  std::size_t below = 0;
  for_each_value(numbers, [&](double value, std::size_t x, std::size_t y) {
    const std::size_t next = below + x + y;
    if (below <= low && low < next) at_low = at_high = value;
    if (below <= low + 1 && low + 1 < next) at_high = value;
    below = next;
  });
  const double part = place - static_cast<double>(low), step = at_high - at_low;
  return part >= 0.5 ? at_high - step * (1 - part) : at_low + step * part;
}

}  // namespace

Outcome epps_singleton(const Numbers& numbers) {
  const auto n = static_cast<double>(numbers.reference.size()), m = static_cast<double>(numbers.current.size());
  if (n < 5 || m < 5) return Outcome::none("fewer than 5 values on a side");
  const double half_range = (pooled_quantile(numbers, 0.75) - pooled_quantile(numbers, 0.25)) / 2;
  if (half_range == 0) return Outcome::none("the middle half of the values is one value");
  const double scale = 0.4 / half_range;
  const Side x = look_at(numbers.reference, scale), y = look_at(numbers.current, scale);
  Square covariance{};
  Vector difference{};
  for (std::size_t i = 0; i < 4; ++i) {
    difference[i] = x.mean[i] - y.mean[i];
    for (std::size_t j = 0; j < 4; ++j)
      covariance[i][j] = (n + m) / n * x.covariance[i][j] + (n + m) / m * y.covariance[i][j];
  }
  const Form form = inverse_form(covariance, difference);
  double w = (n + m) * form.value;
  if (std::max(n, m) < 25) w /= 1 + std::pow(n + m, -0.45) + 10.1 * (std::pow(n, -1.7) + std::pow(m, -1.7));
  return chi2_sf(std::max(0.0, w), form.rank);
}

}  // namespace mlops::monitor
