#include "feature/types.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mlops::feature {
namespace {

using table::Kind;

constexpr std::array<std::pair<const char*, Type>, 8> k_names{{{"int32", Type::int32},
                                                               {"int64", Type::int64},
                                                               {"float32", Type::float32},
                                                               {"float64", Type::float64},
                                                               {"string", Type::string},
                                                               {"bool", Type::boolean},
                                                               {"bytes", Type::bytes},
                                                               {"timestamp", Type::timestamp}}};

bool is_binary(const std::string& source_type) { return source_type.find("binary") != std::string::npos; }

bool is_narrow(const std::string& source_type) {
  return source_type == "int32" || source_type == "int16" || source_type == "int8" || source_type == "uint16" ||
         source_type == "uint8";
}

Type inferred_number(const table::Column& column) {
  if (column.kind == Kind::integer) return is_narrow(column.source_type) ? Type::int32 : Type::int64;
  return column.source_type == "float" || column.source_type == "halffloat" ? Type::float32 : Type::float64;
}

}  // namespace

const char* to_text(Type type) { return k_names.at(static_cast<std::size_t>(type)).first; }

std::optional<Type> parse_type(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (lower == "unixtimestamp") return Type::timestamp;
  for (const auto& [text, type] : k_names)
    if (lower == text) return type;
  return std::nullopt;
}

std::string type_names() {
  std::string out;
  for (const auto& [text, type] : k_names) out += (out.empty() ? "" : ", ") + std::string(text);
  return out;
}

std::optional<Type> inferred_type(const table::Column& column) {
  switch (column.kind) {
    case Kind::boolean:
      return Type::boolean;
    case Kind::integer:
    case Kind::real:
      return inferred_number(column);
    case Kind::text:
      return is_binary(column.source_type) ? Type::bytes : Type::string;
    case Kind::time:
      return Type::timestamp;
    case Kind::other:
      return std::nullopt;
  }
  return std::nullopt;
}

bool fits(const table::Column& column, Type type) {
  if (column.rows() > 0 && column.nulls() == column.rows() && column.kind != Kind::other)
    return true;  // a column of nulls tells no type
  switch (type) {
    case Type::int32:
    case Type::int64:
      return column.kind == Kind::integer;
    case Type::float32:
    case Type::float64:
      return column.kind == Kind::integer || column.kind == Kind::real;
    case Type::string:
    case Type::bytes:
      return column.kind == Kind::text;
    case Type::boolean:
      return column.kind == Kind::boolean;
    case Type::timestamp:
      return column.kind == Kind::time;
  }
  return false;
}

}  // namespace mlops::feature
