#include "data/foreign/name_date.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace mlops::data {
namespace {

constexpr Micros k_second = 1'000'000, k_minute = 60 * k_second, k_hour = 60 * k_minute, k_day = 24 * k_hour;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_separator(char c) { return c == '-' || c == '_' || c == '.' || c == '/'; }

// Years, months, … of a name, read from left to right.
struct Reading {
  int year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  Micros span = 0;  // 0: a month or a year
  bool whole_year = false;
};

class Reader {
 public:
  explicit Reader(const std::string& name) : name_(name) {}

  NameDate read() {
    for (std::size_t at = 0; at<name_.size(); at = digits(at)> 0 ? at + digits(at) : at + 1)
      if (digits(at) > 0) try_at(at);
    if (found_.size() > 1)
      throw input_error(quoted() + " has two dates in its name: " + found_[0].text + " and " + found_[1].text);
    if (found_.size() == 1) return found_[0];
    if (!impossible_.empty())
      throw input_error("\"" + impossible_ + (impossible_ == name_ ? "\"" : "\" in " + quoted()) +
                        " is no date of the calendar");
    if (!swapped_.empty())
      throw input_error("\"" + swapped_ + "\" in " + quoted() + " leaves open which is the day and which the month",
                        "rename it: year, month, day");
    throw input_error(quoted() + " has no date in its name",
                      "2024-01-05, 20240105, 2024-01, 2024-01-05T10-00 are dates; name only what has one: DIR/2024*");
  }

 private:
  [[nodiscard]] std::string quoted() const { return "\"" + printable(name_) + "\""; }

  [[nodiscard]] std::size_t digits(std::size_t at) const {
    std::size_t count = 0;
    while (at + count < name_.size() && is_digit(name_[at + count])) ++count;
    return count;
  }
  [[nodiscard]] int number(std::size_t at, std::size_t count) const {
    int out = 0;
    for (std::size_t i = at; i < at + count; ++i) out = out * 10 + (name_[i] - '0');
    return out;
  }
  [[nodiscard]] bool year_at(std::size_t at) const {
    const int year = number(at, 4);
    return year >= 1970 && year <= 2199;
  }
  // A separator and a run of two digits, no more.
  [[nodiscard]] bool pair_after(std::size_t at, char separator = '\0') const {
    return at < name_.size() && (separator != '\0' ? name_[at] == separator : is_separator(name_[at])) &&
           digits(at + 1) == 2;
  }
  [[nodiscard]] bool number_after(std::size_t at) const {
    return at < name_.size() && is_separator(name_[at]) && digits(at + 1) > 0;
  }
  [[nodiscard]] bool number_before(std::size_t at) const {
    return at > 1 && is_separator(name_[at - 1]) && is_digit(name_[at - 2]);
  }

  // A run of digits begins at `at`.
  void try_at(std::size_t at) {
    if (at < end_) return;
    const std::size_t run = digits(at);
    if (run == 2 && pair_after(at + 2) && at + 5 < name_.size() && name_[at + 5] == name_[at + 2] &&
        digits(at + 6) == 4 && year_at(at + 6)) {
      swapped_ = name_.substr(at, 10);
      end_ = at + 10;
    } else if ((run == 8 || run == 12 || run == 14) && year_at(at)) {
      take_compact(at, run);
    } else if (run == 4 && year_at(at)) {
      take_parted(at);
    }
  }

  void take_compact(std::size_t at, std::size_t run) {
    Reading reading{number(at, 4), number(at + 4, 2), number(at + 6, 2), 0, 0, 0, k_day, false};
    if (run >= 12) {
      reading.hour = number(at + 8, 2);
      reading.minute = number(at + 10, 2);
      reading.span = k_minute;
    }
    if (run == 14) {
      reading.second = number(at + 12, 2);
      reading.span = k_second;
    }
    take(at, run == 8 ? take_time(at + run, reading) : at + run, reading);
  }

  void take_parted(std::size_t at) {
    Reading reading;
    reading.year = number(at, 4);
    if (!pair_after(at + 4)) {
      reading.whole_year = true;
      if (!number_before(at) && !number_after(at + 4)) take(at, at + 4, reading);
      return;
    }
    reading.month = number(at + 5, 2);
    if (pair_after(at + 7, name_[at + 4])) {
      reading.day = number(at + 8, 2);
      reading.span = k_day;
      const std::size_t end = take_time(at + 10, reading);
      take(at, end, reading);
    } else if (!number_after(at + 7)) {
      take(at, at + 7, reading);
    }
  }

  // The time that may follow a day; where it ends.
  std::size_t take_time(std::size_t at, Reading& reading) const {
    if (at + 2 >= name_.size()) return at;
    const bool marked = name_[at] == 'T' || name_[at] == 't', parted = is_separator(name_[at]) || name_[at] == ' ';
    const std::size_t run = digits(at + 1);
    if ((!marked && !parted) || (run != 2 && run != 4 && run != 6)) return at;
    std::vector<std::size_t> places;  // of hour, minute, second
    std::size_t end = at + 1 + run;
    for (std::size_t i = 0; i < run; i += 2) places.push_back(at + 1 + i);
    const auto joined = [&] {
      return end < name_.size() && (is_separator(name_[end]) || name_[end] == ':') && digits(end + 1) == 2;
    };
    for (; run == 2 && places.size() < 3 && joined(); end += 3) places.push_back(end + 1);
    if (!marked && places.size() < 3) return at;  // "2024-01-05_10" may be anything
    reading.hour = number(places[0], 2);
    reading.minute = places.size() > 1 ? number(places[1], 2) : 0;
    reading.second = places.size() > 2 ? number(places[2], 2) : 0;
    reading.span = places.size() == 1 ? k_hour : places.size() == 2 ? k_minute : k_second;
    return end < name_.size() && name_[end] == 'Z' ? end + 1 : end;
  }

  void take(std::size_t at, std::size_t end, const Reading& reading) {
    namespace chrono = std::chrono;
    end_ = end;
    const std::string text = name_.substr(at, end - at);
    const chrono::year_month_day day{chrono::year(reading.year), chrono::month(static_cast<unsigned>(reading.month)),
                                     chrono::day(static_cast<unsigned>(reading.day))};
    if (!day.ok() || reading.hour > 23 || reading.minute > 59 || reading.second > 59) {
      impossible_ = text;
      return;
    }
    const auto micros = [](const chrono::year_month_day& date) {
      return Micros{chrono::sys_days(date).time_since_epoch().count()} * k_day;
    };
    const Micros begin = micros(day) + reading.hour * k_hour + reading.minute * k_minute + reading.second * k_second;
    const Micros stop = reading.span > 0     ? begin + reading.span
                        : reading.whole_year ? micros(day + chrono::years(1))
                                             : micros(day + chrono::months(1));
    found_.push_back({begin, stop, text, name_.substr(0, at) + "*" + name_.substr(end)});
  }

  const std::string& name_;
  std::size_t end_ = 0;  // of what was read as a date last
  std::vector<NameDate> found_;
  std::string impossible_, swapped_;
};

}  // namespace

NameDate date_in_name(const std::string& name) { return Reader(name).read(); }

}  // namespace mlops::data
