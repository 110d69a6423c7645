// What must hold in a row, across its columns: a small closed grammar, no code.
//
//   condition  = comparison { "and" comparison }
//   comparison = sum ( "<=" | "<" | ">=" | ">" | "==" | "!=" ) sum  |  column "is" [ "not" ] "null"
//   sum        = product { ( "+" | "-" ) product }
//   product    = operand { "*" operand }
//   operand    = column | number | 'text' | time 2026-01-31 or 2026-01-31T12:00Z | duration 30d | true | false
//   column     = a name of letters, digits, "_" and "." that begins with a letter or "_", or any name in `backticks`
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "table/table.h"

namespace mlops::schema {

// What an operand is. time - time = duration, time ± duration = time, duration * number = duration.
enum class Type { boolean, number, text, time, duration };

struct Operand;  // a column's place or a value
struct Comparison;

// The type of a column, or nothing where there is no such column (or it has none: then it fits everywhere).
using ColumnType = std::function<std::optional<table::Kind>(std::string_view name)>;

class Condition {
 public:
  // Throws Error(input) that says what is wrong at which character.
  explicit Condition(std::string text);

  [[nodiscard]] const std::string& text() const { return text_; }
  // In the order of their first mention.
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  // What is wrong with the types, "" = nothing. Columns without a type are not judged.
  [[nodiscard]] std::string type_problem(const ColumnType& type) const;

  // differ: values that can't be compared, as 5 and 'abc'.
  enum class Answer : std::uint8_t { no, yes, unknown, differ };
  // For every row of a batch. A comparison with a null is unknown. Columns that the batch lacks are null. Reals are
  // equal within a billionth of the larger one. Each value of the columns `by_value` (of files without types) is what
  // it looks like: a number, true or false, a time, else a text; beside a text it is a text.
  [[nodiscard]] std::vector<Answer> evaluate(const table::Table& batch,
                                             const std::set<std::string, std::less<>>& by_value = {}) const;

 private:
  std::string text_;
  std::vector<std::string> columns_;
  std::shared_ptr<const std::vector<Comparison>> comparisons_;  // all of them must hold
};

// A check of every row for which `when` holds (every row, where there is no `when`).
struct RowCheck {
  std::string name;  // "" = its text
  Condition check;
  std::optional<Condition> when;
};

}  // namespace mlops::schema
