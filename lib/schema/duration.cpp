#include "schema/duration.h"

#include <array>

namespace mlops::schema {

std::string show_time(Micros time) {
  std::string out = to_utc(time);
  if (out.ends_with("T00:00:00.000000Z")) return out.substr(0, out.size() - 17);
  if (out.ends_with(".000000Z")) return out.substr(0, out.size() - 8) + "Z";
  return out;
}

std::string show_duration_exactly(Micros duration) {
  static constexpr std::array<std::pair<std::int64_t, char>, 4> k_units{
      {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}}};
  std::int64_t seconds = duration / 1'000'000;
  std::string out;
  for (const auto& [unit, letter] : k_units) {
    if (seconds >= unit) out += std::to_string(seconds / unit) + letter;
    seconds %= unit;
  }
  return out.empty() ? "0s" : out;
}

}  // namespace mlops::schema
