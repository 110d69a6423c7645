// JSON as values (nlohmann/json) and the one canonical text of a record: equal values, equal bytes, equal hash.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"

namespace mlops {

using Json = nlohmann::json;

// Keys sorted by bytes, no white space, integers exact to 64 bits, doubles as the shortest text that reads back the
// same, NaN and infinities as the texts "NaN", "Infinity", "-Infinity". Throws Error(input) on text that is not UTF-8.
std::string canonical_json(const Json& value);

// Parses one JSON value under limits: at most `k_json_depth` levels of nesting. `name` is what messages call the text.
// Throws Error(input) with line and column.
inline constexpr int k_json_depth = 128;
Json parse_json(std::string_view text, const std::string& name);

// For reading records and bodies: the member, or an error that names it.
const Json& need(const Json& object, std::string_view key, const std::string& name);
std::string need_text(const Json& object, std::string_view key, const std::string& name);
// The member as text / integer / double, or the default when it is absent or of another type.
std::string text_or(const Json& object, std::string_view key, std::string_view fallback = {});
std::int64_t integer_or(const Json& object, std::string_view key, std::int64_t fallback = 0);

}  // namespace mlops
