// The expectations of one column, held against batch after batch.
#pragma once

#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "schema/pattern.h"
#include "schema/repeats.h"
#include "schema/validate.h"
#include "table/batches.h"

namespace mlops::schema {

// Rows that fail one expectation: how many, and the first of them.
class Tally {
 public:
  explicit Tally(std::size_t most) : most_(most) {}
  [[nodiscard]] bool names() const { return rows.size() < most_; }
  // Calls value() for the text of a row that is named.
  template <typename Value>
  void fail(std::uint64_t row, Value&& value) {
    ++count;
    if (names()) rows.push_back({row, value()});
  }
  std::uint64_t count = 0;
  std::vector<Offender> rows;

 private:
  std::size_t most_;
};

// A value for messages: UTF-8, its beginning where it is long, "" for null.
std::string shown(const table::Column& column, std::size_t row);
// True where there is neither a null nor NaN.
bool has_value(const table::Column& column, std::size_t row);

// JSON lines without a type come in the kind that a block suggests: its values as texts, the same in every kind.
table::Column as_written(const table::Column& column);

class ColumnCheck {
 public:
  // `rule` and `options` must outlive this. Of a file without types a rule without one judges each value by itself.
  // Throws Error(input) where the pattern is none.
  ColumnCheck(const ColumnRule& rule, const ValidateOptions& options, table::Format format);

  // `column` is nullptr where the batch lacks it. `misfits` are those of this column.
  void add(const table::Column* column, const std::vector<table::Misfit>& misfits, std::uint64_t first_row,
           std::size_t rows);
  // In the order of the rule. `missing`: the table has no such column.
  [[nodiscard]] std::vector<Result> finish(std::uint64_t rows, bool missing);
  [[nodiscard]] std::uint64_t nulls() const { return nulls_.count; }

 private:
  void count_nulls(const table::Column& column, const std::vector<table::Misfit>& misfits, std::uint64_t first_row);
  void look(const table::Column& column, std::uint64_t first_row);
  template <typename T>
  void look_range(const table::Column& column, std::span<const T> values, std::uint64_t first_row);
  void look_texts(const table::Column& column, std::uint64_t first_row);
  [[nodiscard]] std::uint8_t mark_of(std::string_view text) const;
  [[nodiscard]] std::uint8_t range_mark(std::string_view text) const;
  void no_numbers(const table::Column& column, std::uint64_t first_row);
  void look_values(const table::Column& column, std::uint64_t first_row);
  [[nodiscard]] Result result(std::string expectation, const Tally& tally, const std::string& what) const;
  [[nodiscard]] Result range_result(std::string expectation, const Tally& tally, const std::string& what) const;
  [[nodiscard]] Result type_result() const;
  [[nodiscard]] Result nulls_result(std::uint64_t total) const;
  [[nodiscard]] Result values_result() const;
  [[nodiscard]] Result unique_result();
  [[nodiscard]] Result fresh_result() const;
  [[nodiscard]] bool right_type(const table::Column& column);
  [[nodiscard]] bool allowed(const table::Column& column, std::size_t row) const;
  [[nodiscard]] bool allowed(std::string_view text) const;

  const ColumnRule& rule_;
  const ValidateOptions& options_;
  table::Format format_;
  bool by_value_;  // no type, neither of the rule nor of the file
  std::unique_ptr<Pattern> pattern_;
  std::optional<RepeatFinder> repeats_;
  std::unordered_set<std::string> texts_;  // allowed
  std::unordered_set<std::int64_t> wholes_;
  std::unordered_set<double> reals_;  // with the wholes
  bool true_ = false, false_ = false;
  std::string wrong_type_;                    // what the file's column is instead
  std::string unlooked_;                      // lists and structs: what they are
  std::string unranked_;                      // what has no order with a number
  bool nulls_known_ = true, strays_ = false;  // strays: values that are no numbers, below and above any bound
  Tally misfits_, nulls_, below_, above_, short_, long_, strange_, unmatched_;
  std::optional<Offender> newest_;
  std::optional<std::int64_t> newest_time_;
};

// "≥ 0", "at most 7 d old": the expectations of a rule, as results name them.
std::string show(const Bound& bound, std::optional<table::Kind> type);
std::string show(const Value& value, std::optional<table::Kind> type);

}  // namespace mlops::schema
