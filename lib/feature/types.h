// Types of features: what a definition may declare, and what a source's column is taken for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "table/table.h"

namespace mlops::feature {

enum class Type : std::uint8_t { int32, int64, float32, float64, string, boolean, bytes, timestamp };

const char* to_text(Type type);  // "int64", …, "bool"
// The names above in any letter case, and Feast's: Int64, Float32, String, UnixTimestamp. nullopt: no such type.
std::optional<Type> parse_type(std::string_view name);
// All names, for hints.
std::string type_names();

// What a column of a file holds when nothing is declared. nullopt: lists, structs and maps.
std::optional<Type> inferred_type(const table::Column& column);
// A column of this kind can give values of the type without losing any: int64 → float64, but not back.
bool fits(const table::Column& column, Type type);

}  // namespace mlops::feature
