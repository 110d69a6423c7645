#include "table/sorted.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace mlops::table {
namespace {

constexpr int k_digit_bits = 11;
constexpr std::size_t k_buckets = std::size_t{1} << k_digit_bits;
constexpr int k_passes = (64 + k_digit_bits - 1) / k_digit_bits;

// Order-preserving map between doubles and unsigned integers.
std::uint64_t key_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits >> 63) != 0 ? ~bits : bits | (std::uint64_t{1} << 63);
}
double value_of(std::uint64_t key) {
  return std::bit_cast<double>((key >> 63) != 0 ? key & ~(std::uint64_t{1} << 63) : ~key);
}

using Histogram = std::array<std::array<std::uint32_t, k_buckets>, k_passes>;

std::size_t digit(std::uint64_t key, int pass) { return (key >> (pass * k_digit_bits)) & (k_buckets - 1); }

// One pass; false when all keys share the digit, so that nothing had to move.
bool scatter(const std::vector<std::uint64_t>& from, std::vector<std::uint64_t>& to,
             std::array<std::uint32_t, k_buckets>& counts, int pass) {
  if (counts[digit(from.front(), pass)] == from.size()) return false;
  std::uint32_t total = 0;
  for (auto& count : counts) total += std::exchange(count, total);
  for (const auto key : from) to[counts[digit(key, pass)]++] = key;
  return true;
}

void radix_sort(std::vector<double>& values) {
  std::vector<std::uint64_t> keys(values.size()), other(values.size());
  const auto counts = std::make_unique<Histogram>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    keys[i] = key_of(values[i]);
    for (int pass = 0; pass < k_passes; ++pass) ++(*counts)[static_cast<std::size_t>(pass)][digit(keys[i], pass)];
  }
  for (int pass = 0; pass < k_passes; ++pass)
    if (scatter(keys, other, (*counts)[static_cast<std::size_t>(pass)], pass)) keys.swap(other);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = value_of(keys[i]);
}

// Sum with a running compensation (Neumaier): the order of the rows does not show in the result.
class Sum {
 public:
  void add(double value) {
    const double next = total_ + value;
    lost_ += std::abs(total_) >= std::abs(value) ? (total_ - next) + value : (value - next) + total_;
    total_ = next;
  }
  [[nodiscard]] double value() const { return total_ + lost_; }

 private:
  double total_ = 0, lost_ = 0;
};

}  // namespace

void sort_values(std::vector<double>& values) {
  constexpr std::size_t k_worth_it = 4096;
  if (values.size() < k_worth_it || values.size() > 0xffffffffU)
    std::sort(values.begin(), values.end());
  else
    radix_sort(values);
}

Finite finite_values(const Column& column) {
  Finite out;
  out.values.reserve(column.rows());
  const auto each = [&](auto&& value) {
    for (std::size_t row = 0; row < column.rows(); ++row)
      if (column.valid(row)) value(row);
  };
  if (column.kind == Kind::integer) {
    each([&](std::size_t row) { out.values.push_back(static_cast<double>(column.integers()[row])); });
  } else if (column.kind == Kind::boolean) {
    each([&](std::size_t row) { out.values.push_back(column.booleans()[row]); });
  } else if (column.kind == Kind::real) {
    each([&](std::size_t row) {
      const double value = column.reals()[row];
      if (std::isfinite(value))
        out.values.push_back(value);
      else
        ++(std::isnan(value) ? out.nan : out.infinite);
    });
  }
  return out;
}

double quantile(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(place);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  const double part = place - static_cast<double>(low);
  const double step = sorted[high] - sorted[low];
  return part >= 0.5 ? sorted[high] - step * (1 - part) : sorted[low] + step * part;
}

Moments moments(std::span<const double> values) {
  if (values.empty()) return {};
  const auto count = static_cast<double>(values.size());
  Sum sum, squares, cubes;
  for (const double value : values) sum.add(value);
  Moments out;
  out.mean = sum.value() / count;
  for (const double value : values) {
    const double d = value - out.mean;
    squares.add(d * d);
    cubes.add(d * d * d);
  }
  out.sd = std::sqrt(squares.value() / count);
  if (out.sd > 0) out.skewness = cubes.value() / count / (out.sd * out.sd * out.sd);
  return out;
}

std::size_t count_distinct(std::span<const double> sorted) {
  std::size_t out = sorted.empty() ? 0 : 1;
  for (std::size_t i = 1; i < sorted.size(); ++i) out += sorted[i] != sorted[i - 1] ? 1U : 0U;
  return out;
}

}  // namespace mlops::table
