// Which jobs are due: from a definition, how far it has looked, and what is there now. Nothing here starts anything.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "meta/jobs.h"
#include "schedule/definition.h"

namespace mlops::schedule {

// How far a schedule has looked. Kept in meta.db; begins anew when the schedule is added again, so that editing never
// back-fills.
struct Cursor {
  Id definition;                            // the record it belongs to
  Micros times = 0;                         // times up to here are dealt with
  std::int64_t arrivals = 0;                // events up to this number are dealt with
  Micros events_since = 0;                  // older events are not this schedule's
  std::map<std::string, std::string> seen;  // data versions by path
  std::int64_t changes = 0;                 // of data, counted
};
Json to_json(const Cursor& cursor);
Cursor cursor_of(const Json& json);
// Of a schedule that has just been added.
Cursor first_cursor(const Definition& definition, std::int64_t newest_arrival);

struct Plan {
  Cursor cursor;  // after the jobs
  std::vector<meta::Job> jobs;
  std::size_t missed = 0;  // times that passed while nobody looked and that do not run
};

// What is there now. `events` are those with numbers above cursor.arrivals, in order.
struct Sight {
  Micros now = 0;
  const std::vector<meta::Arrival>* events = nullptr;
  std::map<std::string, std::string> data;  // id by path, of the data triggers
};

// Times within the last minute are on time and run; older ones were missed and run as the definition's catch-up says.
inline constexpr Micros k_on_time = 60'000'000;

// `definition` is resolved. Throws Error(input) for a cron expression or zone that can't be read.
Plan plan(const Definition& definition, const Cursor& cursor, const Sight& sight);

// The next time at which a clock starts it; nullopt where only events do.
std::optional<Micros> next_time(const Definition& definition, Micros after);
// Times due in (from, to] with those dropped by catch-up counted in `missed`; sorted.
std::vector<Micros> due_times(const Definition& definition, Micros from, Micros to, std::size_t& missed);

// A job that somebody asks for by hand.
meta::Job manual_job(const Definition& definition);

}  // namespace mlops::schedule
