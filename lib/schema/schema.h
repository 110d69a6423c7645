// What a table must be like: its columns, their types and values, and what holds in every row. A schema is a YAML file
// that people edit (fields: share/doc/validation.md), or is inferred from a table.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "schema/condition.h"
#include "table/table.h"

namespace mlops::schema {

// A bound or a member of a set, of its column's type. Times are microseconds.
using Value = std::variant<bool, std::int64_t, double, std::string>;

// The bound "now": the time of the validation.
struct Now {};
using Bound = std::variant<Now, std::int64_t, double>;

struct ColumnRule {
  std::string name;
  std::optional<table::Kind> type;                 // unset: any
  bool optional = false;                           // the table may lack it
  std::optional<double> nulls;                     // share of the rows, 0 to 1, at most; unset: any
  std::optional<Bound> min, max;                   // numbers and times, inclusive
  std::optional<std::uint64_t> shortest, longest;  // texts, in characters
  std::vector<Value> values;                       // the only ones allowed; empty: any
  std::string pattern;                             // a whole text must match it (RE2); "" = any
  bool unique = false;                             // no value twice; nulls don't count
  std::optional<Micros> fresh;                     // the newest time is at most this old
};

struct Schema {
  std::string file;               // where it was read, for messages
  std::vector<std::string> data;  // paths and patterns relative to the repository's root that it speaks of
  std::optional<std::uint64_t> min_rows, max_rows;
  bool others = false;           // columns without a rule are allowed
  bool ordered = false;          // the columns stand in the order of the rules
  std::vector<std::string> key;  // these together are in no two rows
  std::vector<ColumnRule> columns;
  std::vector<RowCheck> checks;

  [[nodiscard]] const ColumnRule* find(std::string_view name) const;
};

inline constexpr std::uint64_t k_schema_file_limit = 16 << 20;

// Throws Error(input) with file, line, column and the line itself; unknown keys, types and columns with the nearest
// name.
Schema parse_schema(const std::string& text, const std::string& file);
// Reads back as the same schema. `heading`: a comment for its first lines, "" = none.
std::string to_yaml(const Schema& schema, const std::string& heading = {});
Json to_json(const Schema& schema);

}  // namespace mlops::schema
