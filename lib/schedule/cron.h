// Cron expressions: minute hour day-of-month month day-of-week, as crontab(5) of Vixie's cron has them, and where a
// zone's clock is put forward or back the rule written below.
#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string>

#include "base/time.h"
#include "base/zone.h"

namespace mlops::schedule {

// Fields are lists of values, ranges and steps ("1-5", "*/15", "mon,fri"); names of months and days in any case; Sunday
// is 0 and 7; @hourly @daily (@midnight) @weekly @monthly @yearly (@annually). Days match when both day fields do, or,
// where both are restricted, when one of them does.
//
// A time that a day lacks, as clocks are put forward over it, runs once, at the instant of the change. A time that a
// day has twice runs the first time. Where every hour is asked for ("*" as hour) the schedule follows real time
// instead: nothing is made up, and the hour that comes twice is run twice.
class Cron {
 public:
  // Throws Error(input) that names the field.
  static Cron parse(const std::string& text);

  // The first time after `after`; nullopt when there is none within ten years (31 February).
  [[nodiscard]] std::optional<Micros> next(Micros after, const Zone& zone) const;
  [[nodiscard]] const std::string& text() const { return text_; }
  // Does a day (days since 1970) and a minute of it match.
  [[nodiscard]] bool matches_day(std::int64_t days) const;
  [[nodiscard]] bool matches_minute(int minute_of_day) const;
  [[nodiscard]] bool every_hour() const { return every_hour_; }

 private:
  std::optional<Micros> first_of_day(std::int64_t days, Micros after, const Zone& zone) const;

  std::string text_;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<7> weekdays_;
  bool every_hour_ = false, every_day_ = false, every_weekday_ = false;
};

}  // namespace mlops::schedule
