#include "table/correlation.h"

#include <algorithm>
#include <cmath>

#include "base/pool.h"

namespace mlops::table {
namespace {

constexpr std::size_t k_kept = 20, k_most_rows = 50'000, k_most_columns = 1000;
constexpr double k_least = 0.1, k_work = 2e9;  // pairs times rows

// Values of the chosen rows, standardised; NaN where there is none.
struct Sample {
  const Column* column;
  std::vector<double> values;
  bool complete = true;
};

double value_at(const Column& column, std::size_t row) {
  if (!column.valid(row)) return std::nan("");
  const double value = column.kind == Kind::real ? column.reals()[row] : static_cast<double>(column.integers()[row]);
  return std::isfinite(value) ? value : std::nan("");
}

// False when all values are equal or there are fewer than three.
bool standardise(Sample& sample) {
  double sum = 0, squares = 0, count = 0;
  for (const double value : sample.values)
    if (!std::isnan(value)) sum += value, ++count;
  sample.complete = count == static_cast<double>(sample.values.size());
  const double mean = sum / count;
  for (double& value : sample.values) {
    value -= mean;
    if (!std::isnan(value)) squares += value * value;
  }
  const double sd = std::sqrt(squares / count);
  if (count < 3 || !(sd > 0)) return false;
  for (double& value : sample.values) value /= sd;
  return true;
}

double pearson_with_gaps(const Sample& a, const Sample& b) {
  double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const double u = a.values[i], v = b.values[i];
    if (std::isnan(u) || std::isnan(v)) continue;
    ++n, x += u, y += v, xx += u * u, yy += v * v, xy += u * v;
  }
  const double spread = (xx - x * x / n) * (yy - y * y / n);
  return n >= 3 && spread > 0 ? (xy - x * y / n) / std::sqrt(spread) : 0;
}

double pearson(const Sample& a, const Sample& b) {
  if (!a.complete || !b.complete) return pearson_with_gaps(a, b);
  double product = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) product += a.values[i] * b.values[i];
  return product / static_cast<double>(a.values.size());
}

std::vector<Sample> samples_of(const Table& table, std::size_t rows) {
  std::vector<Sample> out;
  for (const auto& column : table.columns) {
    if ((column.kind != Kind::real && column.kind != Kind::integer) || out.size() == k_most_columns) continue;
    Sample sample{&column, std::vector<double>(rows), true};
    for (std::size_t i = 0; i < rows; ++i) sample.values[i] = value_at(column, i * table.rows / rows);
    if (standardise(sample)) out.push_back(std::move(sample));
  }
  return out;
}

std::size_t rows_for(const Table& table) {
  const auto numbers =
      static_cast<double>(std::count_if(table.columns.begin(), table.columns.end(), [](const Column& column) {
        return column.kind == Kind::real || column.kind == Kind::integer;
      }));
  const double pairs = std::max(1.0, numbers * (numbers - 1) / 2);
  return std::min({table.rows, k_most_rows, static_cast<std::size_t>(k_work / pairs)});
}

}  // namespace

std::pair<std::vector<Correlation>, std::size_t> strongest_correlations(const Table& table,
                                                                        const std::stop_token& stop) {
  const std::size_t rows = rows_for(table);
  const auto samples = samples_of(table, rows);
  std::vector<std::vector<Correlation>> found(samples.size());
  parallel_for(
      samples.size(),
      [&](std::size_t i) {
        for (std::size_t j = i + 1; j < samples.size(); ++j) {
          const double value = std::clamp(pearson(samples[i], samples[j]), -1.0, 1.0);
          if (std::abs(value) >= k_least) found[i].push_back({samples[i].column->name, samples[j].column->name, value});
        }
      },
      stop);
  std::vector<Correlation> out;
  for (auto& list : found) out.insert(out.end(), list.begin(), list.end());
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return std::abs(a.value) > std::abs(b.value); });
  if (out.size() > k_kept) out.resize(k_kept);
  return {std::move(out), rows};
}

}  // namespace mlops::table
