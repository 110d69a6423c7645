// The date in a name: "2024-01-05", "sales_20240105.csv", "2024-01", "dump-2024-01-05T10-00".
#pragma once

#include <string>

#include "base/time.h"

namespace mlops::data {

// The time that a name speaks of, from `begin` up to `end` (a month for "2024-01", a minute for "T10-00"); names have
// no zone, so UTC. `around` is the name with `*` where the date is: names of one series agree in it.
struct NameDate {
  Micros begin = 0, end = 0;
  std::string text, around;
};

// Year, month and day of four and two digits, together or parted by one of `-_./`; year and month; a year alone. After
// a day a time: `T10`, `T10-00`, `T100000Z`, `_10-00-00`, `-100000`. Years 1970 to 2199, as git has them. Throws
// Error(input) naming the name where it has no date, two, one that no calendar has, or day and month before the year.
NameDate date_in_name(const std::string& name);

}  // namespace mlops::data
