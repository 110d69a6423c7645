#include "table/fit.h"

#include <array>
#include <charconv>
#include <cstdlib>

#include "base/text.h"
#include "base/time.h"

namespace mlops::table {
namespace {

template <typename T>
std::optional<T> number(std::string_view text) {
  text = trim(text);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Each different text is looked at once. `Read` makes a value of a text or nothing.
template <typename T, typename Read>
std::pair<std::vector<T>, Validity> values(const Column& texts, Read&& read,
                                           const std::function<void(std::size_t)>& misfit) {
  std::vector<std::optional<T>> known;
  for (const auto text : texts.dictionary()) known.push_back(read(text));
  std::pair<std::vector<T>, Validity> out{std::vector<T>(texts.rows()), Validity(texts.rows(), 1)};
  for (std::size_t row = 0; row < texts.rows(); ++row) {
    const bool valid = texts.valid(row);
    const auto value = valid ? known[texts.codes()[row]] : std::nullopt;
    if (valid && !value) misfit(row);
    if (value)
      out.first[row] = *value;
    else
      out.second[row] = 0;
  }
  return out;
}

}  // namespace

std::optional<bool> fit_boolean(std::string_view text) {
  static constexpr std::array<std::string_view, 4> k_true{"1", "true", "True", "TRUE"},
      k_false{"0", "false", "False", "FALSE"};
  text = trim(text);
  for (const auto word : k_true)
    if (text == word) return true;
  for (const auto word : k_false)
    if (text == word) return false;
  return std::nullopt;
}

std::optional<std::int64_t> fit_integer(std::string_view text) { return number<std::int64_t>(text); }
std::optional<double> fit_real(std::string_view text) {
  text = trim(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  return error == std::errc{} ? value : std::strtod(std::string(text).c_str(), nullptr);  // too large or too small
}
std::optional<std::int64_t> fit_time(std::string_view text) { return parse_time(trim(text)); }

Column fit(const Column& texts, Kind wanted, const std::function<void(std::size_t)>& misfit) {
  switch (wanted) {
    case Kind::boolean: {
      auto [out, valid] = values<std::uint8_t>(
          texts, [](auto text) { return std::optional<std::uint8_t>(fit_boolean(text)); }, misfit);
      return make_booleans(texts.name, std::move(out), std::move(valid));
    }
    case Kind::integer: {
      auto [out, valid] = values<std::int64_t>(texts, fit_integer, misfit);
      return make_integers(texts.name, std::move(out), std::move(valid));
    }
    case Kind::real: {
      auto [out, valid] = values<double>(texts, fit_real, misfit);
      return make_reals(texts.name, std::move(out), std::move(valid));
    }
    case Kind::time: {
      auto [out, valid] = values<std::int64_t>(texts, fit_time, misfit);
      return make_times(texts.name, std::move(out), std::move(valid));
    }
    case Kind::text:
    case Kind::other:
      break;
  }
  return texts;
}

}  // namespace mlops::table
