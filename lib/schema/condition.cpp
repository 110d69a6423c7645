#include "schema/condition.h"

#include <cmath>

#include "schema/condition_tree.h"
#include "table/fit.h"

namespace mlops::schema {
namespace {

using table::Column;
using table::Kind;

struct Cell {
  bool null = true;
  Type type = Type::number;
  double number = 0;       // booleans 0 and 1
  std::int64_t whole = 0;  // times and durations in microseconds, numbers that are whole
  bool is_whole = false;
  std::string_view text;
  bool strange = false;            // a value with which nothing can be done
  const Column* column = nullptr;  // of a column by value: where the value's own text is
};

// One operand's values for a batch: which column it is, or the constant.
struct Bound {
  const Operand* operand = nullptr;
  const Column* column = nullptr;
  bool by_value = false;
  std::vector<Cell> entries;  // what the column's texts look like, where it is by value
};

Cell whole(Type type, std::int64_t value) { return {false, type, static_cast<double>(value), value, true, {}}; }
Cell real(double value) { return {std::isnan(value), Type::number, value, 0, false, {}}; }

Cell strange() {
  Cell out;
  out.null = false;
  out.strange = true;
  return out;
}

Cell looks_like(std::string_view text) {
  if (const auto number = table::fit_integer(text)) return whole(Type::number, *number);
  if (const auto number = table::fit_real(text)) return real(*number);
  if (const auto truth = table::fit_boolean(text)) return whole(Type::boolean, *truth ? 1 : 0);
  if (const auto time = table::fit_time(text)) return whole(Type::time, *time);
  return {false, Type::text, 0, 0, false, text};
}

Cell native_cell(const Bound& bound, std::size_t row);

Cell cell(const Bound& bound, std::size_t row) {
  if (!bound.by_value || bound.column == nullptr || !bound.column->valid(row)) return native_cell(bound, row);
  Cell out = bound.entries.empty() ? native_cell(bound, row) : bound.entries[bound.column->codes()[row]];
  out.column = bound.column;
  return out;
}

Cell native_cell(const Bound& bound, std::size_t row) {
  if (bound.operand->column.empty()) {
    const auto& operand = *bound.operand;
    if (operand.type == Type::text) return {false, Type::text, 0, 0, false, operand.text};
    return operand.is_whole ? whole(operand.type, operand.whole) : real(operand.number);
  }
  if (bound.column == nullptr || !bound.column->valid(row)) return {};
  switch (bound.column->kind) {
    case Kind::boolean:
      return whole(Type::boolean, bound.column->booleans()[row]);
    case Kind::integer:
      return whole(Type::number, bound.column->integers()[row]);
    case Kind::real:
      return real(bound.column->reals()[row]);
    case Kind::time:
      return whole(Type::time, bound.column->times()[row]);
    case Kind::text:
      return {false, Type::text, 0, 0, false, bound.column->text(row)};
    case Kind::other:
      break;
  }
  return bound.column->source_type == "null" ? Cell{} : strange();
}

bool calculates(const Cell& value) { return !value.strange && value.type != Type::text && value.type != Type::boolean; }

// Whole numbers stay whole where 64 bits hold them; else doubles go on, but for times and durations: those become null.
Cell combine(const Cell& a, const Cell& b, Type type, double number, bool overflow, std::int64_t value) {
  if (a.is_whole && b.is_whole && !overflow) return whole(type, value);
  if (type == Type::number) return real(number);
  if (overflow || !std::isfinite(number) || std::abs(number) > 9e18) return {};
  return whole(type, std::llround(number));
}

Cell add(const Cell& a, const Cell& b, bool minus) {
  const auto type = sum_type(a.type, b.type, minus);
  if (a.null || b.null) return {};
  if (!calculates(a) || !calculates(b) || !type) return strange();
  std::int64_t value = 0;
  const bool overflow =
      minus ? __builtin_sub_overflow(a.whole, b.whole, &value) : __builtin_add_overflow(a.whole, b.whole, &value);
  return combine(a, b, *type, minus ? a.number - b.number : a.number + b.number, overflow, value);
}

Cell multiply(const Cell& a, const Cell& b) {
  const auto type = product_type(a.type, b.type);
  if (a.null || b.null) return {};
  if (!calculates(a) || !calculates(b) || !type) return strange();
  std::int64_t value = 0;
  const bool overflow = __builtin_mul_overflow(a.whole, b.whole, &value);
  return combine(a, b, *type, a.number * b.number, overflow, value);
}

struct BoundProduct {
  std::vector<Bound> operands;
  bool minus = false;
};
using BoundSum = std::vector<BoundProduct>;

using Names = std::set<std::string, std::less<>>;

Bound bind(const Operand& operand, const table::Table& batch, const Names& by_value) {
  Bound out{&operand, operand.column.empty() ? nullptr : batch.find(operand.column), false, {}};
  out.by_value = out.column != nullptr && by_value.contains(operand.column);
  if (out.by_value && out.column->kind == Kind::text)
    for (const auto text : out.column->dictionary()) out.entries.push_back(looks_like(text));
  return out;
}

BoundSum bind(const Sum& sum, const table::Table& batch, const Names& by_value) {
  BoundSum out;
  for (const auto& product : sum) {
    out.push_back({{}, product.minus});
    for (const auto& operand : product.operands) out.back().operands.push_back(bind(operand, batch, by_value));
  }
  return out;
}

Cell product_value(const BoundProduct& product, std::size_t row) {
  Cell out = cell(product.operands.front(), row);
  for (std::size_t i = 1; i < product.operands.size(); ++i) out = multiply(out, cell(product.operands[i], row));
  return out;
}

Cell sum_value(const BoundSum& sum, std::size_t row) {
  Cell out = product_value(sum.front(), row);
  for (std::size_t i = 1; i < sum.size(); ++i) out = add(out, product_value(sum[i], row), sum[i].minus);
  return out;
}

// -1, 0, 1; reals within a billionth of the larger are equal.
int order(const Cell& a, const Cell& b) {
  if (a.type == Type::text) return a.text < b.text ? -1 : a.text == b.text ? 0 : 1;
  if (a.is_whole && b.is_whole) return a.whole < b.whole ? -1 : a.whole == b.whole ? 0 : 1;
  const double near = 1e-9 * std::max(std::abs(a.number), std::abs(b.number));
  if (a.number == b.number || (std::isfinite(near) && std::abs(a.number - b.number) <= near)) return 0;
  return a.number < b.number ? -1 : 1;
}

bool holds(Comparison::Operator sign, int order) {
  using Operator = Comparison::Operator;
  switch (sign) {
    case Operator::less_or_equal:
      return order <= 0;
    case Operator::less:
      return order < 0;
    case Operator::greater_or_equal:
      return order >= 0;
    case Operator::greater:
      return order > 0;
    case Operator::equal:
      return order == 0;
    case Operator::not_equal:
      return order != 0;
    default:
      return false;
  }
}

// A value as a text, where it is one or came without a type.
std::optional<std::string> text_of(const Cell& value, std::size_t row) {
  if (value.column != nullptr) return value.column->show(row);
  return value.type == Type::text ? std::optional(std::string(value.text)) : std::nullopt;
}

// Of two types.
Condition::Answer as_texts(Comparison::Operator sign, const Cell& a, const Cell& b, std::size_t row) {
  if (a.type != Type::text && b.type != Type::text) return Condition::Answer::differ;
  const auto left = text_of(a, row), right = text_of(b, row);
  if (!left || !right) return Condition::Answer::differ;
  return holds(sign, left->compare(*right)) ? Condition::Answer::yes : Condition::Answer::no;
}

Condition::Answer answer(const Comparison& comparison, const BoundSum& left, const BoundSum& right, std::size_t row) {
  using Answer = Condition::Answer;
  const Cell a = sum_value(left, row);
  if (a.strange && left.size() == 1 && left[0].operands.size() == 1 && left[0].operands[0].column != nullptr &&
      !left[0].operands[0].column->nulls_known())
    return Answer::differ;
  if (comparison.sign == Comparison::Operator::is_null) return a.null ? Answer::yes : Answer::no;
  if (comparison.sign == Comparison::Operator::is_not_null) return a.null ? Answer::no : Answer::yes;
  const Cell b = sum_value(right, row);
  if (a.null || b.null) return Answer::unknown;
  if (a.strange || b.strange) return Answer::differ;
  if (a.type != b.type) return as_texts(comparison.sign, a, b, row);
  return holds(comparison.sign, order(a, b)) ? Answer::yes : Answer::no;
}

}  // namespace

std::vector<Condition::Answer> Condition::evaluate(const table::Table& batch, const Names& by_value) const {
  std::vector<Answer> out(batch.rows, Answer::yes);
  for (const auto& comparison : *comparisons_) {
    const auto left = bind(comparison.left, batch, by_value), right = bind(comparison.right, batch, by_value);
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (out[row] == Answer::no) continue;
      const Answer one = answer(comparison, left, right, row);
      if (one == Answer::no || one == Answer::differ || (one == Answer::unknown && out[row] == Answer::yes))
        out[row] = one;
    }
  }
  return out;
}

}  // namespace mlops::schema
