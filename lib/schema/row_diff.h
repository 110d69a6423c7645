// What differs between two tables of any size: their columns, and their rows, told apart by a key or as a whole. Both
// are read twice at most from end to end, and once more for the examples; rows are compared by 64-bit hashes of their
// cells with a random key, which go to files where they outgrow memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "table/source.h"

namespace mlops::schema {

struct RowDiffOptions {
  std::vector<std::string> key;                // columns that name a row; empty: rows are equal or not, as a whole
  std::size_t most = 5;                        // examples of each kind
  std::size_t memory = std::size_t{64} << 20;  // bytes of hashes of either side before they go to files
  std::filesystem::path folder{};              // of these files; empty: where temporary ones go
};

// A column that is on one side only, or of another kind there ("integer", or the files' own types where both have
// some).
struct ColumnDiff {
  std::string name, before, after;  // "" = not there
};

using CellText = std::optional<std::string>;  // nullopt: null

struct NamedCell {
  std::string column;
  CellText value;
};

struct CellDiff {
  std::string column;
  CellText before, after;
};

struct RowExample {
  std::uint64_t before = 0, after = 0;  // its row there, from 1; 0 = it is not there
  std::vector<NamedCell> key;           // the whole row where there is no key
  std::vector<CellDiff> cells;          // of a changed row
};

struct RowDiff {
  std::vector<ColumnDiff> columns;
  std::vector<std::string> not_compared;  // columns of lists, structs and the like, of which only known nulls count
  std::vector<std::string> rounded;       // columns of numbers beyond 2^53 that could only be compared as doubles
  std::uint64_t rows_before = 0, rows_after = 0;
  std::uint64_t added = 0, removed = 0, changed = 0, unchanged = 0;  // rows; changed only with a key
  std::uint64_t repeated_keys = 0;  // rows whose key an earlier row of the same side has
  struct Cells {
    std::string column;
    std::uint64_t changed = 0;
  };
  std::vector<Cells> cells;                                        // of changed rows; columns without a change left out
  std::vector<RowExample> added_rows, removed_rows, changed_rows;  // the first ones

  [[nodiscard]] bool same() const { return columns.empty() && added == 0 && removed == 0 && changed == 0; }
};

// Rows are compared in the columns that both have; integers, reals and times by their values, to the last digit where
// both sides have it, other kinds that differ as texts; NaN is null. Without a common column every row is gone or new.
// Rows with one key: equal ones belong together, the others in their order. Throws Error(input) for a file
// that is no table, and for a key column that one side lacks.
RowDiff diff_rows(const table::Source& before, const table::Source& after, const RowDiffOptions& options = {});

}  // namespace mlops::schema
