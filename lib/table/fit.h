// Texts as values of another kind: what CSV and JSON lines hold, held against the kind that somebody expects.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "table/table.h"

namespace mlops::table {

// As the CSV reader takes them: blanks around a number don't count; a real may have a + before it and be larger than a
// double holds (infinite); "true", "1" and the like; RFC 3339 or a date.
std::optional<bool> fit_boolean(std::string_view text);
std::optional<std::int64_t> fit_integer(std::string_view text);
std::optional<double> fit_real(std::string_view text);
std::optional<std::int64_t> fit_time(std::string_view text);  // microseconds

// A text column in kind `wanted`; a row whose text is not of that kind becomes null and is told to `misfit`, in order.
Column fit(const Column& texts, Kind wanted, const std::function<void(std::size_t row)>& misfit);

}  // namespace mlops::table
