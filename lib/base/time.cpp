#include "base/time.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <ctime>

namespace mlops {
namespace {

constexpr Micros k_second = 1'000'000;

bool number(std::string_view& text, int digits, int& out) {
  if (text.size() < static_cast<std::size_t>(digits)) return false;
  out = 0;
  for (int i = 0; i < digits; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') return false;
    out = out * 10 + (c - '0');
  }
  text.remove_prefix(static_cast<std::size_t>(digits));
  return true;
}

bool skip(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool fraction(std::string_view& text, Micros& out) {
  out = 0;
  if (!skip(text, '.') && !skip(text, ',')) return true;
  int digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits < 6) out = out * 10 + (text.front() - '0');
    ++digits;
    text.remove_prefix(1);
  }
  for (int i = digits; i < 6; ++i) out *= 10;
  return digits > 0;
}

bool offset(std::string_view& text, int& minutes) {
  minutes = 0;
  if (text.empty() || skip(text, 'Z') || skip(text, 'z')) return true;
  const int sign = skip(text, '+') ? 1 : skip(text, '-') ? -1 : 0;
  int hours = 0, rest = 0;
  if (sign == 0 || !number(text, 2, hours)) return false;
  skip(text, ':');
  if (!text.empty() && !number(text, 2, rest)) return false;
  minutes = sign * (hours * 60 + rest);
  return hours <= 23 && rest <= 59;
}

}  // namespace

Micros now_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string to_utc(Micros time) {
  Micros seconds = time / k_second, micros = time % k_second;
  if (micros < 0) {
    micros += k_second;
    --seconds;
  }
  const auto clock = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&clock, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, micros);
}

std::optional<Micros> parse_time(std::string_view text) {
  using namespace std::chrono;
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, minutes = 0;
  Micros micros = 0;
  if (!number(text, 4, y) || !skip(text, '-') || !number(text, 2, mo) || !skip(text, '-') || !number(text, 2, d))
    return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  if (!text.empty()) {
    if (!skip(text, 'T') && !skip(text, 't') && !skip(text, ' ')) return std::nullopt;
    if (!number(text, 2, h) || !skip(text, ':') || !number(text, 2, mi)) return std::nullopt;
    if (skip(text, ':') && (!number(text, 2, s) || !fraction(text, micros))) return std::nullopt;
    if (!offset(text, minutes) || !text.empty() || h > 23 || mi > 59 || s > 60) return std::nullopt;
  }
  const Micros days = sys_days(date).time_since_epoch().count();
  return ((days * 24 + h) * 60 + mi - minutes) * 60 * k_second + s * k_second + micros;
}

std::string to_local(Micros time, Micros now) {
  const Micros age = (now - time) / k_second;
  if (age >= 0 && age < 60) return fmt::format("{} s ago", age);
  if (age >= 0 && age < 3600) return fmt::format("{} min ago", age / 60);
  if (age >= 0 && age < 86400) return fmt::format("{} h ago", age / 3600);
  const auto clock = static_cast<std::time_t>(time / k_second);
  std::tm parts{};
  localtime_r(&clock, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min);
}

// A thousand years: added to any time that is written down, it is still a time.
constexpr Micros k_longest_duration = Micros{365'000} * 86400 * k_second;

std::optional<Micros> parse_duration(std::string_view text) {
  Micros total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || count < 0 || count > 1'000'000'000) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const Micros unit = skip(text, 's')   ? 1
                        : skip(text, 'm') ? 60
                        : skip(text, 'h') ? 3600
                        : skip(text, 'd') ? 86400
                                          : 0;
    if (unit == 0 || count > (k_longest_duration - total) / (unit * k_second)) return std::nullopt;
    total += count * unit * k_second;
  }
  return total;
}

std::string show_duration(Micros duration) {
  const double seconds = static_cast<double>(duration) / k_second;
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  return fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

}  // namespace mlops
