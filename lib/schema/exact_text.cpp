#include "schema/exact_text.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/text.h"
#include "base/time.h"
#include "table/fit.h"

namespace mlops::schema {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits at the front of `text`.
std::string_view take_digits(std::string_view& text) {
  const auto end = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  const auto out = text.substr(0, end);
  text.remove_prefix(end);
  return out;
}

bool take(std::string_view& text, std::string_view any) {
  if (text.empty() || any.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// nullopt where it is no power or one that nobody means.
std::optional<std::int64_t> take_power(std::string_view& text) {
  const bool negative = text.starts_with('-');
  take(text, "+-");
  const auto digits = take_digits(text);
  std::int64_t out = 0;
  if (digits.empty() || digits.size() > 9) return std::nullopt;
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return negative ? -out : out;
}

}  // namespace

std::optional<std::string> exact_number(std::string_view text) {
  text = trim(text);
  const bool negative = text.starts_with('-');
  take(text, "+-");
  std::string digits(take_digits(text));
  std::int64_t power = 0;
  if (take(text, ".")) {
    const auto fraction = take_digits(text);
    digits += fraction;
    power -= static_cast<std::int64_t>(fraction.size());
  }
  if (digits.empty()) return std::nullopt;
  if (take(text, "eE")) {
    const auto more = take_power(text);
    if (!more) return std::nullopt;
    power += *more;
  }
  if (!text.empty()) return std::nullopt;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.empty()) return "0";
  const auto last = digits.find_last_not_of('0') + 1;
  power += static_cast<std::int64_t>(digits.size() - last);
  digits.resize(last);
  return (negative ? "-" : "") + digits + "e" + std::to_string(power);
}

std::optional<std::string> exact_time(std::string_view text) {
  const auto micros = table::fit_time(text);
  if (!micros) return std::nullopt;
  std::string_view rest = text.substr(std::min(text.find_first_of(".,"), text.size()));
  take(rest, ".,");
  auto finer = take_digits(rest);
  finer.remove_prefix(std::min<std::size_t>(finer.size(), 6));
  finer = finer.substr(0, finer.find_last_not_of('0') + 1);
  return std::to_string(*micros) + "." + std::string(finer);
}

std::string exact_text(std::string_view text, bool time) {
  auto out = time ? exact_time(text) : exact_number(text);
  return out ? std::move(*out) : std::string(text);
}

std::string exact_text(const table::Column& column, std::size_t row) {
  const bool time = column.kind == table::Kind::time;
  if (column.exact() != nullptr) return exact_text(column.exact()->text(row), time);
  return time ? std::to_string(column.times()[row]) + "." : exact_text(column.show(row), false);
}

}  // namespace mlops::schema
