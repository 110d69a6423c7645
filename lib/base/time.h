// Points in time are int64 microseconds since 1970 UTC; text is RFC 3339 with `Z` and, where needed, six fraction
// digits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mlops {

using Micros = std::int64_t;

Micros now_micros();
// "2026-01-03T12:00:30.250000Z": always six digits, so equal times have equal text.
std::string to_utc(Micros time);
// RFC 3339 / ISO 8601 with `T` or a blank, optional fraction, `Z`, an offset or nothing (= UTC). nullopt: not a time.
std::optional<Micros> parse_time(std::string_view text);
// For people: "3 min ago" within a day, else local "2026-01-03 12:00".
std::string to_local(Micros time, Micros now);
// "90s", "5m", "12h", "7d" or a sum of them ("1h30m"), as microseconds. nullopt: no duration, or one over 1000 years.
std::optional<Micros> parse_duration(std::string_view text);
// "0.8 s", "12.4 s", "3 min 05 s".
std::string show_duration(Micros duration);

}  // namespace mlops
