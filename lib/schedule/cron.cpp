#include "schedule/cron.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace mlops::schedule {
namespace {

constexpr Micros k_minute = 60'000'000;
constexpr Micros k_day = 86'400'000'000;
constexpr std::int64_t k_days_ahead = 3653;

struct Field {
  const char* name;
  int low, high;
  std::vector<std::string> names;  // of the values from `low` on
};

const std::array<Field, 5>& fields() {
  static const std::array<Field, 5> k_fields{
      Field{"minute", 0, 59, {}}, Field{"hour", 0, 23, {}}, Field{"day of month", 1, 31, {}},
      Field{"month", 1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
      Field{"day of week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}};
  return k_fields;
}

std::string lower(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

const char* shorthand(const std::string& word) {
  constexpr std::pair<const char*, const char*> k_table[] = {
      {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
      {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"}};
  for (const auto& [name, meaning] : k_table)
    if (word == name) return meaning;
  return nullptr;
}

// Reads one field into the values it stands for.
class FieldReader {
 public:
  FieldReader(const std::string& whole, const Field& field) : whole_(whole), field_(field) {}

  std::vector<int> read(const std::string& text) const {
    std::vector<int> out;
    for (const auto& part : split(text, ',')) add(part, out);
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& part) const {
    throw input_error(
        "\"" + printable(part) + "\" is no " + field_.name + " in the cron expression \"" + printable(whole_) + "\"",
        std::string(field_.name) + " is " + std::to_string(field_.low) + " to " + std::to_string(field_.high) +
            ", *, a range 1-5, a step */15 or a list of them");
  }

  int value(const std::string& text, const std::string& part) const {
    const auto named = std::find(field_.names.begin(), field_.names.end(), lower(text));
    if (named != field_.names.end()) return field_.low + static_cast<int>(named - field_.names.begin());
    int out = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (problem != std::errc() || end != text.data() + text.size() || out < field_.low || out > field_.high) fail(part);
    return out;
  }

  int step_of(const std::string& text, const std::string& part) const {
    int step = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), step);
    if (problem != std::errc() || end != text.data() + text.size() || step < 1 || step > 1000) fail(part);
    return step;
  }

  void add(const std::string& part, std::vector<int>& out) const {
    const auto slash = part.find('/');
    const std::string range = part.substr(0, slash);
    const int step = slash == std::string::npos ? 1 : step_of(part.substr(slash + 1), part);
    int from = field_.low, to = field_.high;
    if (range != "*") {
      const auto dash = range.find('-');
      from = value(range.substr(0, dash), part);
      to = dash != std::string::npos    ? value(range.substr(dash + 1), part)
           : slash != std::string::npos ? field_.high
                                        : from;
      if (from > to) fail(part);
    }
    for (int i = from; i <= to; i += step) out.push_back(i);
  }

  const std::string& whole_;
  const Field& field_;
};

std::vector<std::string> words_of(const std::string& text) {
  std::string plain = text;
  std::replace(plain.begin(), plain.end(), '\t', ' ');
  auto words = split(plain, ' ');
  std::erase_if(words, [](const std::string& word) { return word.empty(); });
  return words;
}

}  // namespace

Cron Cron::parse(const std::string& text) {
  auto words = words_of(text);
  if (words.size() == 1)
    if (const char* meaning = shorthand(lower(words.front()))) words = words_of(meaning);
  if (words.size() != fields().size())
    throw input_error(
        "\"" + printable(text) + "\" is no cron expression",
        "five fields: minute hour day month weekday, as in '0 3 * * 1' (every Monday at three), or @daily");
  Cron out;
  out.text_ = join(words, " ");
  std::array<std::vector<int>, 5> values;
  for (std::size_t i = 0; i < words.size(); ++i) values[i] = FieldReader(text, fields()[i]).read(words[i]);
  for (const int v : values[0]) out.minutes_.set(static_cast<std::size_t>(v));
  for (const int v : values[1]) out.hours_.set(static_cast<std::size_t>(v));
  for (const int v : values[2]) out.days_.set(static_cast<std::size_t>(v));
  for (const int v : values[3]) out.months_.set(static_cast<std::size_t>(v));
  for (const int v : values[4]) out.weekdays_.set(static_cast<std::size_t>(v % 7));
  // Vixie's rule: what begins with a star does not restrict.
  out.every_hour_ = words[1] == "*";
  out.every_day_ = words[2].front() == '*';
  out.every_weekday_ = words[4].front() == '*';
  return out;
}

bool Cron::matches_day(std::int64_t days) const {
  using namespace std::chrono;
  const sys_days date{std::chrono::days(days)};
  const year_month_day parts(date);
  if (!months_.test(static_cast<unsigned>(parts.month()))) return false;
  const bool day = days_.test(static_cast<unsigned>(parts.day()));
  const bool weekday = weekdays_.test(std::chrono::weekday(date).c_encoding());
  return every_day_ || every_weekday_ ? day && weekday : day || weekday;
}

bool Cron::matches_minute(int minute_of_day) const {
  return hours_.test(static_cast<std::size_t>(minute_of_day / 60)) &&
         minutes_.test(static_cast<std::size_t>(minute_of_day % 60));
}

std::optional<Micros> Cron::first_of_day(std::int64_t days, Micros after, const Zone& zone) const {
  std::optional<Micros> best;
  const auto offer = [&](Micros instant) {
    if (instant > after && (!best || instant < *best)) best = instant;
  };
  // Most days have one offset: then the minutes are in order, and the first that fits is the answer.
  const LocalTime midnight{days, 0};
  const auto start = zone.instants(midnight);
  const Zone::Span span = zone.span(start.first);
  // A change at midnight is of the day before too: that one has its last hour twice.
  const bool plain = start.kind == Zone::Instants::Kind::once && start.first + 2 * k_day <= span.end &&
                     start.first - k_day >= span.begin;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    if (!hours_.test(static_cast<std::size_t>(minute / 60))) {
      minute += 59;
      continue;
    }
    if (!matches_minute(minute)) continue;
    if (plain) {
      offer(start.first + minute * k_minute);
      if (best) return best;
      continue;
    }
    const auto at = zone.instants({days, minute * k_minute});
    if (at.kind != Zone::Instants::Kind::never || !every_hour_) offer(at.first);
    if (at.kind == Zone::Instants::Kind::twice && every_hour_) offer(at.second);
  }
  return best;
}

std::optional<Micros> Cron::next(Micros after, const Zone& zone) const {
  // A day earlier: what clocks jumped over yesterday may run today, what comes twice belongs to two days.
  const std::int64_t today = zone.local(after).days - 1;
  std::optional<Micros> best;
  std::int64_t found = 0;
  for (std::int64_t day = today; day < today + k_days_ahead; ++day) {
    if (best && day > found + 1) break;  // the next day can hold an earlier instant, the one after it can't
    if (!matches_day(day)) continue;
    const auto first = first_of_day(day, after, zone);
    if (!first || (best && *first >= *best)) continue;
    best = first;
    found = day;
  }
  return best;
}

}  // namespace mlops::schedule
