// Which rows repeat a value that an earlier row has, of any number of rows: values are told apart by 128-bit hashes
// with a random key, which are sorted in memory up to a limit, and beyond it in files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "schema/spill.h"
#include "table/table.h"

namespace mlops::schema {

struct Repeat {
  std::uint64_t row = 0, first = 0;  // `row` has what `first` had
};

struct Repeats {
  std::uint64_t count = 0;       // rows that repeat an earlier one
  std::vector<Repeat> earliest;  // the first of them, by row
};

class RepeatFinder {
 public:
  // Above `memory` bytes the hashes go to a file without a name in `folder` (empty: where temporary files go), 24 bytes
  // a row. `most`: how many rows are named.
  RepeatFinder(std::size_t memory, std::filesystem::path folder, std::size_t most);
  // Bytes for each of several finders: together they take no more than four times `memory`.
  static std::size_t share(std::size_t memory, std::size_t finders);
  // The values of `columns` (all of one batch) together; `first_row` is the number of its first. Rows where one is null
  // don't count. A column that is nullptr is null everywhere.
  void add(const std::vector<const table::Column*>& columns, std::uint64_t first_row);
  // True where a row is known by now to repeat another one.
  bool any();
  // Once, at the end.
  Repeats finish();

 private:
  struct Entry {
    std::uint64_t high, low, row;
  };
  void spill();
  void look();
  void found(std::uint64_t row, std::uint64_t first);
  void keep_earliest();

  std::size_t limit_;  // entries
  std::size_t most_;
  std::uint64_t key_[2];
  std::vector<Entry> entries_;
  PartFile file_;  // by the hash's highest bits
  Repeats found_;
};

}  // namespace mlops::schema
