// Time zones of the IANA database (the system's tzdata): between instants and what clocks on the wall show.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace mlops {

// A date in days since 1970-01-01, of the proleptic Gregorian calendar, and the time of that day. No zone.
struct LocalTime {
  std::int64_t days = 0;
  Micros time_of_day = 0;  // 0 to below 24 hours

  [[nodiscard]] Micros since_epoch() const { return days * Micros{86'400'000'000} + time_of_day; }
  static LocalTime from(Micros since_epoch);
};

class Zone {
 public:
  // "Europe/Berlin", "UTC"; "" is the machine's. Throws Error(input) with the nearest name.
  static Zone find(const std::string& name);
  static std::vector<std::string> names();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] LocalTime local(Micros instant) const;

  // When clocks show a time: once; never, where they were put forward over it (then `first` is the instant of the
  // change); twice, where they were put back.
  struct Instants {
    enum class Kind { once, never, twice } kind = Kind::once;
    Micros first = 0, second = 0;
  };
  [[nodiscard]] Instants instants(const LocalTime& local) const;

  // While [begin, end) the clocks are `offset` ahead of UTC; the span that holds `instant`.
  struct Span {
    Micros begin = 0, end = 0, offset = 0;
  };
  [[nodiscard]] Span span(Micros instant) const;

 private:
  Zone(std::string name, const void* zone) : name_(std::move(name)), zone_(zone) {}
  std::string name_;
  const void* zone_;  // lives as long as the process
};

}  // namespace mlops
