#include "table/profile.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/pool.h"
#include "base/text.h"
#include "table/correlation.h"
#include "table/histogram.h"
#include "table/sorted.h"

namespace mlops::table {
namespace {

constexpr std::size_t k_top = 10, k_most_bars = 40, k_few_values = 24;

void keep_most_frequent(std::vector<Frequent>& top) {
  const auto more = [](const Frequent& a, const Frequent& b) {
    return a.rows != b.rows ? a.rows > b.rows : a.value < b.value;
  };
  const auto kept = std::min(top.size(), k_top);
  std::partial_sort(top.begin(), top.begin() + static_cast<std::ptrdiff_t>(kept), top.end(), more);
  top.resize(kept);
}

std::string show_number(double value) {
  constexpr double k_exact = 9007199254740992;
  return value == std::floor(value) && std::abs(value) < k_exact ? std::to_string(static_cast<std::int64_t>(value))
                                                                 : show_double(value);
}

std::string show_number(std::int64_t value) { return std::to_string(value); }

// A value to the last digit, and a row that has it.
template <std::size_t width>
struct ExactValue {
  std::array<std::uint64_t, width> words{};
  std::size_t row = 0;
  bool operator==(const ExactValue& other) const { return words == other.words; }
  bool operator<(const ExactValue& other) const { return words < other.words; }
};

template <typename T>
std::string show_run(const ColumnProfile& profile, const Column& column, const T& value) {
  if constexpr (std::is_arithmetic_v<T>)
    return profile.kind == Kind::boolean ? (value != 0 ? "true" : "false") : show_number(value);
  else
    return column.show(value.row);
}

// Runs of equal values: how many different ones, and the longest runs.
template <typename T>
void look_at_runs(ColumnProfile& out, const Column& column, std::span<const T> sorted) {
  std::vector<std::pair<std::uint64_t, T>> longest;
  const auto less = [](const auto& a, const auto& b) { return a.first > b.first; };
  for (std::size_t from = 0; from < sorted.size();) {
    std::size_t to = from;
    while (to < sorted.size() && sorted[to] == sorted[from]) ++to;
    ++out.distinct;
    const std::uint64_t rows = to - from;
    if ((rows > 1 || out.kind != Kind::real) && (longest.size() < k_top || rows > longest.front().first)) {
      longest.emplace_back(rows, sorted[from]);
      std::push_heap(longest.begin(), longest.end(), less);
      if (longest.size() > k_top) std::pop_heap(longest.begin(), longest.end(), less), longest.pop_back();
    }
    from = to;
  }
  for (const auto& [rows, value] : longest) out.top.push_back({show_run(out, column, value), rows});
  keep_most_frequent(out.top);
}

template <std::size_t width>
void look_at_exact(ColumnProfile& out, const Column& column) {
  std::vector<ExactValue<width>> values;
  for (std::size_t row = 0; row < column.rows(); ++row) {
    if (!column.valid(row)) continue;
    const auto words = column.exact()->words(row);
    std::copy_n(words.begin(), width, values.emplace_back().words.begin());
    values.back().row = row;
  }
  std::sort(values.begin(), values.end());
  look_at_runs(out, column, std::span<const ExactValue<width>>(values));
}

// Different values and the most frequent ones, told apart to the last digit.
void look_at_runs(ColumnProfile& out, const Column& column, std::span<const double> sorted) {
  if (column.exact() != nullptr)
    return column.source_type.starts_with("decimal") ? look_at_exact<4>(out, column) : look_at_exact<1>(out, column);
  constexpr double k_exact = 9007199254740992;
  if (out.kind != Kind::integer || sorted.empty() || (sorted.front() > -k_exact && sorted.back() < k_exact))
    return look_at_runs<double>(out, column, sorted);
  std::vector<std::int64_t> wholes;
  for (std::size_t row = 0; row < column.rows(); ++row)
    if (column.valid(row)) wholes.push_back(column.integers()[row]);
  std::sort(wholes.begin(), wholes.end());
  look_at_runs(out, column, std::span<const std::int64_t>(wholes));
}

// A bar for each value.
void draw_values(ColumnProfile& out, std::span<const double> sorted) {
  for (auto from = sorted.begin(); from != sorted.end();) {
    const auto to = std::upper_bound(from, sorted.end(), *from);
    out.labels.push_back(show_number(*from));
    out.bars.push_back(static_cast<double>(to - from) / static_cast<double>(sorted.size()));
    from = to;
  }
}

void draw(ColumnProfile& out, std::span<const double> sorted, const Moments& shape) {
  const bool apart = count_distinct(sorted) == out.distinct;  // values that are one double can't have bars of their own
  if (out.distinct <= k_few_values && !apart) return;
  if (out.distinct <= k_few_values) return draw_values(out, sorted);
  const auto [low, high] =
      drawn_range({sorted.front(), sorted.back()}, {quantile(sorted, 0.005), quantile(sorted, 0.995)});
  const auto bars = std::clamp<std::size_t>(doane_edges(low, high, sorted.size(), shape.skewness, shape.sd).size() - 1,
                                            8, k_most_bars);
  out.edges = equal_edges(low, high, bars);
  const auto total = static_cast<double>(sorted.size());
  for (const auto rows : count(sorted, out.edges)) out.bars.push_back(static_cast<double>(rows) / total);
  out.below = static_cast<double>(std::lower_bound(sorted.begin(), sorted.end(), low) - sorted.begin()) / total;
  out.above = static_cast<double>(sorted.end() - std::upper_bound(sorted.begin(), sorted.end(), high)) / total;
}

void find_ends(ColumnProfile& out, const Column& column) {
  std::int64_t least = INT64_MAX, most = INT64_MIN;
  for (std::size_t row = 0; row < column.rows(); ++row) {
    if (!column.valid(row)) continue;
    least = std::min(least, column.integers()[row]);
    most = std::max(most, column.integers()[row]);
  }
  out.least = least;
  out.most = most;
}

void look_at_numbers(ColumnProfile& out, const Column& column) {
  auto finite = finite_values(column);
  out.infinite = finite.infinite;
  out.nulls += finite.nan;
  sort_values(finite.values);
  const std::span<const double> sorted(finite.values);
  look_at_runs(out, column, sorted);
  if (sorted.empty() || out.kind == Kind::boolean) return;
  const auto shape = moments(sorted);
  out.mean = shape.mean;
  out.sd = shape.sd;
  out.min = sorted.front();
  out.max = sorted.back();
  if (out.kind == Kind::integer) find_ends(out, column);
  for (const double share : k_profile_quantiles) out.quantiles.push_back(quantile(sorted, share));
  draw(out, sorted, shape);
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void look_at_texts(ColumnProfile& out, const Column& column) {
  std::vector<std::uint64_t> rows(column.dictionary().size());
  for (std::size_t row = 0; row < column.rows(); ++row)
    if (column.valid(row)) ++rows[column.codes()[row]];
  std::vector<std::size_t> used;
  for (std::size_t code = 0; code < rows.size(); ++code) {
    if (rows[code] == 0) continue;
    used.push_back(code);
    const std::size_t size = characters(column.dictionary()[code]);
    out.shortest = std::min(out.shortest.value_or(size), size);
    out.longest = std::max(out.longest.value_or(size), size);
  }
  out.distinct = used.size();
  const auto kept = static_cast<std::ptrdiff_t>(std::min(used.size(), k_top));
  std::partial_sort(used.begin(), used.begin() + kept, used.end(),
                    [&](std::size_t a, std::size_t b) { return rows[a] != rows[b] ? rows[a] > rows[b] : a < b; });
  for (auto code = used.begin(); code != used.begin() + kept; ++code)
    out.top.push_back({std::string(column.dictionary()[*code].substr(0, 200)), rows[*code]});
}

void look_at_times(ColumnProfile& out, const Column& column) {
  std::vector<std::int64_t> times;
  for (std::size_t row = 0; row < column.rows(); ++row)
    if (column.valid(row)) times.push_back(column.times()[row]);
  if (times.empty()) return;
  std::sort(times.begin(), times.end());
  out.first = times.front();
  out.last = times.back();
  if (column.exact() != nullptr) {
    look_at_exact<1>(out, column);
    out.top.clear();  // not of times
    return;
  }
  out.distinct = static_cast<std::size_t>(std::unique(times.begin(), times.end()) - times.begin());
}

ColumnProfile look_at(const Column& column) {
  ColumnProfile out;
  out.name = column.name;
  out.source_type = column.source_type;
  out.kind = column.kind;
  out.rows = column.rows();
  out.nulls = column.nulls();
  out.nulls_known = column.nulls_known();
  switch (column.kind) {
    case Kind::boolean:
    case Kind::integer:
    case Kind::real:
      look_at_numbers(out, column);
      break;
    case Kind::text:
      look_at_texts(out, column);
      break;
    case Kind::time:
      look_at_times(out, column);
      break;
    case Kind::other:
      break;
  }
  return out;
}

std::uint64_t mix(std::uint64_t x) {  // the finaliser of splitmix64
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

std::uint64_t bits_of(double value) {
  if (std::isnan(value)) value = std::nan("");
  return std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
}

std::uint64_t exact_hash(const Column& column, std::size_t row) {
  std::uint64_t out = 0;
  for (const auto word : column.exact()->words(row)) out = mix(out ^ word);
  return out;
}

void add_to_hashes(std::vector<std::uint64_t>& hashes, const Column& column) {
  std::vector<std::uint64_t> of_codes;
  for (const auto text : column.dictionary()) of_codes.push_back(std::hash<std::string_view>{}(text));
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    std::uint64_t value = 0x6e756c6cU;  // a null
    if (column.valid(row)) {
      switch (column.kind) {
        case Kind::boolean:
          value = column.booleans()[row];
          break;
        case Kind::integer:
        case Kind::time:
          value =
              column.exact() != nullptr ? exact_hash(column, row) : static_cast<std::uint64_t>(column.integers()[row]);
          break;
        case Kind::real:
          value = column.exact() != nullptr ? exact_hash(column, row) : bits_of(column.reals()[row]);
          break;
        case Kind::text:
          value = of_codes[column.codes()[row]];
          break;
        case Kind::other:
          value = 0;
          break;
      }
      value = mix(value);
    }
    hashes[row] = mix(hashes[row] ^ value);
  }
}

std::optional<std::size_t> count_repeated_rows(const Table& table) {
  if (std::any_of(table.columns.begin(), table.columns.end(),
                  [](const Column& column) { return column.kind == Kind::other && column.nulls() < column.rows(); }))
    return std::nullopt;  // what isn't decoded can't be compared
  std::vector<std::uint64_t> hashes(table.rows);
  for (const auto& column : table.columns) add_to_hashes(hashes, column);
  std::sort(hashes.begin(), hashes.end());
  return static_cast<std::size_t>(hashes.end() - std::unique(hashes.begin(), hashes.end()));
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json rounded(const std::vector<double>& values) {
  Json out = Json::array();
  for (const double value : values) out.push_back(std::stod(fmt::format("{:.6g}", value)));
  return out;
}

// The same shape as the chart of a drifted column, with one side.
Json chart_of(const ColumnProfile& column) {
  if (!column.labels.empty()) return {{"labels", column.labels}, {"reference", rounded(column.bars)}};
  if (!column.bars.empty())
    return {{"edges", rounded(column.edges)},
            {"reference", rounded(column.bars)},
            {"outside", {{"reference", rounded({column.below, column.above})}}}};
  const auto values = static_cast<double>(column.rows - column.nulls);
  if (column.top.empty() || values <= 0 || (column.top.front().rows == 1 && column.distinct > k_top))
    return nullptr;  // nothing stands out
  Json labels = Json::array();
  std::vector<double> shares;
  double rest = 1;
  for (const auto& [value, rows] : column.top) {
    labels.push_back(to_utf8(value));
    shares.push_back(static_cast<double>(rows) / values);
    rest -= shares.back();
  }
  Json out{{"labels", labels}, {"reference", rounded(shares)}};
  if (column.distinct > column.top.size()) {
    out["rest"] = rounded({std::max(rest, 0.0)});
    out["rest_categories"] = column.distinct - column.top.size();
  }
  return out;
}

Json to_json(const ColumnProfile& column) {
  Json out{{"name", to_utf8(column.name)}, {"kind", to_text(column.kind)}, {"source_type", to_utf8(column.source_type)},
           {"rows", column.rows},          {"infinite", column.infinite},  {"distinct", column.distinct},
           {"chart", chart_of(column)}};
  out["nulls"] = column.nulls_known ? Json(column.nulls) : Json();
  if (column.mean) {
    out["mean"] = number(*column.mean);
    out["sd"] = number(*column.sd);
    out["min"] = column.least ? Json(*column.least) : number(*column.min);
    out["max"] = column.most ? Json(*column.most) : number(*column.max);
    for (std::size_t i = 0; i < column.quantiles.size(); ++i)
      out["quantiles"][fmt::format("{}", k_profile_quantiles[i])] = number(column.quantiles[i]);
  }
  if (column.first) out["first"] = to_utc(*column.first);
  if (column.last) out["last"] = to_utc(*column.last);
  if (column.shortest) out["length"] = {{"min", *column.shortest}, {"max", *column.longest}};
  out["top"] = Json::array();
  for (const auto& [value, rows] : column.top) out["top"].push_back({{"value", to_utf8(value)}, {"rows", rows}});
  return out;
}

}  // namespace

Profile profile(const Table& table, const std::stop_token& stop) {
  Profile out;
  out.rows = table.rows;
  out.columns.resize(table.columns.size());
  parallel_for(
      table.columns.size() + 1,
      [&](std::size_t i) {
        if (i == 0)
          out.repeated_rows = count_repeated_rows(table);
        else
          out.columns[i - 1] = look_at(table.columns[i - 1]);
      },
      stop);
  std::tie(out.correlations, out.correlation_rows) = strongest_correlations(table, stop);
  return out;
}

Json to_json(const Profile& profile) {
  Json columns = Json::array(), correlations = Json::array();
  for (const auto& column : profile.columns) columns.push_back(to_json(column));
  for (const auto& [a, b, value] : profile.correlations)
    correlations.push_back({{"a", to_utf8(a)}, {"b", to_utf8(b)}, {"value", value}});
  return {{"type", "profile"},
          {"version", 1},
          {"rows", profile.rows},
          {"columns", columns},
          {"repeated_rows", profile.repeated_rows ? Json(*profile.repeated_rows) : Json()},
          {"correlations", correlations},
          {"correlation_rows", profile.correlation_rows}};
}

}  // namespace mlops::table
