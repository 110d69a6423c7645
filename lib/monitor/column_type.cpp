#include "monitor/column_type.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace mlops::monitor {
namespace {

constexpr std::size_t k_few_integers = 10;

bool has_few_integers(const table::Column& column) {
  std::unordered_set<std::int64_t> seen;
  for (const auto value : column.integers())
    if (seen.insert(value).second && seen.size() > k_few_integers) return false;
  return true;
}

bool is_text(const table::Column& column) {
  std::vector<char> used(column.dictionary().size());
  for (std::size_t row = 0; row < column.rows(); ++row)
    if (column.valid(row)) used[column.codes()[row]] = 1;
  const auto distinct = static_cast<std::size_t>(std::count(used.begin(), used.end(), 1));
  return distinct * 2 > column.rows() - column.nulls();
}

}  // namespace

const char* to_text(ColumnType type) {
  switch (type) {
    case ColumnType::numeric:
      return "numeric";
    case ColumnType::categorical:
      return "categorical";
    case ColumnType::text:
      return "text";
    case ColumnType::time:
      return "time";
    case ColumnType::unknown:
      return "unknown";
  }
  return "unknown";
}

ColumnType column_type(const table::Column& reference) {
  if (reference.nulls() == reference.rows()) return ColumnType::unknown;
  switch (reference.kind) {
    case table::Kind::real:
      return ColumnType::numeric;
    case table::Kind::boolean:
      return ColumnType::categorical;
    case table::Kind::time:
      return ColumnType::time;
    case table::Kind::other:
      return ColumnType::unknown;
    case table::Kind::integer:
      return reference.nulls() == 0 && has_few_integers(reference) ? ColumnType::categorical : ColumnType::numeric;
    case table::Kind::text:
      return reference.source_type != "dictionary" && is_text(reference) ? ColumnType::text : ColumnType::categorical;
  }
  return ColumnType::unknown;
}

}  // namespace mlops::monitor
