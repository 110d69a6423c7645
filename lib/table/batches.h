// Tables of any size, some rows at a time: what is looked at once, from the first row to the last, needs no more memory
// than a few pieces of it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "table/table.h"

namespace mlops::table {

// A value that is not of the kind asked for.
struct Misfit {
  std::size_t column = 0, row = 0;  // in this batch, from 0
  std::string text;                 // as the file has it, its beginning where it is long
};

struct Batch {
  Table table;
  std::uint64_t first_row = 1;  // of the file's rows, from 1
  std::vector<Misfit> misfits;  // null in the table; by column, then by row
};

struct BatchOptions {
  std::optional<Format> format;      // unset = detect_format
  std::vector<std::string> columns;  // empty = all. An unknown name is an Error(input)
  // CSV, TSV and JSON lines have no types: a column named here comes in this kind in every batch, with its misfits;
  // other columns in the kind that the batch's own values suggest. Parquet and Arrow files have their own and ignore
  // this.
  std::map<std::string, Kind> kinds;
  Limits limits;
};

// Not thread-safe.
class BatchReader {
 public:
  virtual ~BatchReader() = default;
  // nullopt after the last row. The first batch comes always, if without rows: it tells the columns (JSON lines: those
  // of its rows, so that a later batch may have more or fewer). Errors as for read_table.
  virtual std::optional<Batch> next() = 0;
};

// `source` must outlive the reader. Memory at one time: of CSV, TSV and JSON lines a few MiB a processor or the longest
// row, of Parquet some pages of every column, of Arrow files one of their record batches.
std::unique_ptr<BatchReader> read_batches(const Source& source, const BatchOptions& options = {});

// "a.csv", "b.parquet": the name ends as that of a table.
bool has_table_name(const std::string& name);

}  // namespace mlops::table
