// Join keys of two tables as numbers: each combination that one table has gets a small number, the other table's rows
// are told theirs. A null in any key is no key.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "table/table.h"

namespace mlops::feature {

inline constexpr std::uint32_t k_no_key = 0xffffffff;

// Integers to numbers from 0, in order of first appearance: open addressing, since millions of rows pass through it.
class IntegerNumbers {
 public:
  std::uint32_t add(std::int64_t value);
  [[nodiscard]] std::uint32_t find(std::int64_t value) const;
  [[nodiscard]] std::uint32_t size() const { return count_; }

 private:
  struct Slot {
    std::int64_t value = 0;
    std::uint32_t number = k_no_key;
  };
  void grow();
  [[nodiscard]] std::size_t slot_of(std::int64_t value) const;
  std::vector<Slot> slots_;
  std::uint32_t count_ = 0;
};

class KeyNumbers {
 public:
  // The keys of one table, column by column. No column: every row has key 0. Throws Error(input) naming a column whose
  // kind can't be a key.
  explicit KeyNumbers(const std::vector<const table::Column*>& columns, std::size_t rows);
  // Of that table's rows.
  [[nodiscard]] const std::vector<std::uint32_t>& rows() const { return rows_; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  // Of another table's rows by the same keys: k_no_key for a combination that the first table has not. Throws
  // Error(input) where a column's kind differs from the first table's. Integers and whole reals are one kind.
  [[nodiscard]] std::vector<std::uint32_t> match(const std::vector<const table::Column*>& columns,
                                                 std::size_t rows) const;

 private:
  struct Part {
    bool text = false;
    std::string name;
    IntegerNumbers integers;
    std::unordered_map<std::string_view, std::uint32_t> texts;
    table::Column kept;  // what the texts point into
  };
  void add_column(const table::Column& column);
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<std::unique_ptr<IntegerNumbers>> pairs_;  // (number so far, number of the next column) → number
  std::vector<std::uint32_t> rows_;
  std::uint32_t size_ = 1;
};

}  // namespace mlops::feature
