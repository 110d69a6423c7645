// Which columns of two tables can be compared, and how: their types may differ, and a file's own may say nothing.
// Private to this module.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "schema/row_diff.h"
#include "table/batches.h"

namespace mlops::schema {

// How the cells of a column are compared: by the words of a kind that both have, as doubles, by their last digits, as
// texts.
enum class Form { same, number, exact, text };

// A table, as one look at all of it (of a file with types: at its first batch) shows it.
struct Side {
  const table::Source* source;
  table::Format format;
  std::vector<std::string> order;
  std::map<std::string, table::Kind> kinds;
  std::map<std::string, std::string> types;  // of the file, where it has some
  std::set<std::string> exact;               // columns that hold more than their kind does
  std::set<std::string> large;               // columns with numbers that a double may not hold

  [[nodiscard]] bool typed() const { return format == table::Format::parquet || format == table::Format::arrow; }
};

struct Compared {
  std::string name;
  Form form = Form::same;
  table::Kind kind = table::Kind::other;  // of the side before, or time, where either side's is
};

inline bool is_number(table::Kind kind) { return kind == table::Kind::integer || kind == table::Kind::real; }

// `source` must outlive the result.
Side look_at(const table::Source& source);
// Where the two have other columns, or the same of other types.
std::vector<ColumnDiff> column_diffs(const Side& before, const Side& after);
// Those that both have, in the order of the side before.
std::vector<Compared> compared_columns(const Side& before, const Side& after);
// Places in `columns` of the names in `key`. Throws Error(input) for one that a side lacks.
std::vector<std::size_t> key_columns(const std::vector<Compared>& columns, const Side& before, const Side& after,
                                     const std::vector<std::string>& key);
// Whether numbers that differ beyond what a double holds may count as the same.
bool is_rounded(const Side& before, const Side& after, const Compared& column);

// Batches of one side, texts where the file has none of its own types and the other side's differ.
std::unique_ptr<table::BatchReader> open_batches(const Side& side, const std::vector<Compared>& columns);

}  // namespace mlops::schema
