// A condition as its parser leaves it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/condition.h"

namespace mlops::schema {

struct Operand {
  std::string column;  // "" = a constant
  Type type = Type::number;
  bool is_whole = false;
  std::int64_t whole = 0;
  double number = 0;
  std::string text;
};

struct Product {
  std::vector<Operand> operands;
  bool minus = false;  // taken from what stands before it
};
using Sum = std::vector<Product>;

struct Comparison {
  enum class Operator { less_or_equal, less, greater_or_equal, greater, equal, not_equal, is_null, is_not_null };
  Sum left, right;
  Operator sign = Operator::equal;
};

// nullopt: these can't be added (subtracted, multiplied).
std::optional<Type> sum_type(Type a, Type b, bool minus);
std::optional<Type> product_type(Type a, Type b);

// Throws Error(input) that says what is wrong at which character.
std::vector<Comparison> parse_condition(const std::string& text);

}  // namespace mlops::schema
