#include "monitor/counts.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/text.h"
#include "monitor/pooled.h"
#include "table/sorted.h"

namespace mlops::monitor {
namespace {

using table::Column;
using table::Kind;

struct Entry {
  std::string_view key;
  std::uint64_t reference = 0, current = 0;
};

std::vector<std::uint64_t> by_code(const Column& column) {
  std::vector<std::uint64_t> out(column.dictionary().size());
  for (std::size_t row = 0; row < column.rows(); ++row)
    if (column.valid(row)) ++out[column.codes()[row]];
  return out;
}

// A column of another kind as texts.
Column as_texts(const Column& column) {
  if (column.kind == Kind::text) return column;
  std::vector<std::string> values;
  table::Validity valid;
  for (std::size_t row = 0; row < column.rows(); ++row) {
    values.push_back(column.show(row));
    valid.push_back(column.valid(row) ? 1 : 0);
  }
  return table::make_texts(column.name, values, std::move(valid));
}

Counts count_texts(const Column& reference, const Column& current) {
  std::unordered_map<std::string_view, Entry> entries;
  const auto add = [&](const Column& column, std::uint64_t Entry::*side) {
    const auto counts = by_code(column);
    for (std::size_t code = 0; code < counts.size(); ++code) {
      if (counts[code] == 0) continue;
      auto& entry = entries[column.dictionary()[code]];
      entry.key = column.dictionary()[code];
      entry.*side += counts[code];
    }
  };
  add(reference, &Entry::reference);
  add(current, &Entry::current);
  std::vector<Entry> sorted;
  sorted.reserve(entries.size());
  for (const auto& [key, entry] : entries) sorted.push_back(entry);
  std::sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
  Counts out;
  for (const auto& entry : sorted) {
    out.keys.emplace_back(entry.key);
    out.reference.push_back(entry.reference);
    out.current.push_back(entry.current);
  }
  return out;
}

std::string show_number(double value) {
  constexpr double k_exact = 9007199254740992;
  if (value == std::floor(value) && std::abs(value) < k_exact) return std::to_string(static_cast<std::int64_t>(value));
  return show_double(value);
}

Counts count_booleans(const Column& reference, const Column& current) {
  Counts out{{"false", "true"}, {0, 0}, {0, 0}};
  const auto add = [](const Column& column, std::vector<std::uint64_t>& counts) {
    for (std::size_t row = 0; row < column.rows(); ++row)
      if (column.valid(row)) ++counts[column.booleans()[row]];
  };
  add(reference, out.reference);
  add(current, out.current);
  for (std::size_t i = 2; i-- > 0;) {
    if (out.reference[i] + out.current[i] > 0) continue;
    const auto at = static_cast<std::ptrdiff_t>(i);
    out.keys.erase(out.keys.begin() + at);
    out.reference.erase(out.reference.begin() + at);
    out.current.erase(out.current.begin() + at);
  }
  return out;
}

bool is_number(const Column& column) {
  return column.kind == Kind::integer || column.kind == Kind::real || column.kind == Kind::boolean;
}

}  // namespace

Counts count_values(const Numbers& numbers) {
  Counts out;
  for_each_value(numbers, [&](double value, std::size_t x, std::size_t y) {
    out.keys.push_back(show_number(value));
    out.reference.push_back(x);
    out.current.push_back(y);
  });
  return out;
}

Counts count_categories(const Column& reference, const Column& current) {
  if (reference.kind == Kind::boolean && current.kind == Kind::boolean) return count_booleans(reference, current);
  if (is_number(reference) && is_number(current)) {
    auto x = table::finite_values(reference).values, y = table::finite_values(current).values;
    table::sort_values(x);
    table::sort_values(y);
    return count_values({x, y});
  }
  const Column x = as_texts(reference), y = as_texts(current);
  return count_texts(x, y);
}

}  // namespace mlops::monitor
