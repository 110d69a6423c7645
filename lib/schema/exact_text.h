// Cells of two tables whose columns have types of their own, as texts that are equal where the values are, to the last
// digit.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "table/table.h"

namespace mlops::schema {

// A number's digits and power of ten: "12e2" of "1200", "+1.2E3", "0012e2". nullopt: no decimal number.
std::optional<std::string> exact_number(std::string_view text);
// Microseconds since 1970 UTC and what is finer. nullopt: no time.
std::optional<std::string> exact_time(std::string_view text);

// Of a valid cell of a column of numbers or times, or of their texts.
std::string exact_text(const table::Column& column, std::size_t row);
// Of a text; times only where `time`.
std::string exact_text(std::string_view text, bool time);

}  // namespace mlops::schema
