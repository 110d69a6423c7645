// What schedules leave in meta.db: how far each has looked, the jobs that are due, running or over, and the events in
// the order in which they came.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "meta/database.h"

namespace mlops::meta {

// "waiting" → "running" → "ended" → "sealed" (its record is in the store); what never runs: "waiting" → "dropped".
struct Job {
  std::string id;  // 32 random hexadecimal digits
  std::string schedule;
  std::string cause;  // unique within its schedule: "time:…", "event:RECORD", …
  std::string state = "waiting";
  Micros created = 0;
  Json body = Json::object();
};

struct Arrival {
  std::int64_t number = 0;
  Entry event;
};

// Thread-safe as the database is; every change is one transaction and durable when the call returns.
class Jobs {
 public:
  explicit Jobs(Database& database) : database_(database) {}

  [[nodiscard]] std::optional<Json> cursor(const std::string& schedule);
  // The cursor with the jobs found up to it, all or nothing. A job whose cause its schedule had before is left out.
  void advance(const std::string& schedule, const Json& cursor, const std::vector<Job>& jobs);
  void add(const Job& job);
  void forget(const std::string& schedule);  // its cursor; jobs stay as history

  [[nodiscard]] std::optional<Job> find(const std::string& id);
  [[nodiscard]] std::vector<Job> match(const std::string& prefix);    // by id
  [[nodiscard]] std::vector<Job> in_state(const std::string& state);  // oldest first
  [[nodiscard]] std::vector<Job> history(const std::string& schedule,
                                         std::size_t limit);  // newest first; "" = all, 0 = all
  // From one state to the next with a new body; false when the job is in another state by now.
  bool move(const std::string& id, const std::string& from, const std::string& to, const Json& body);
  // Jobs sealed or dropped that were created before `time`; their records stay.
  std::size_t remove_before(Micros time);

  [[nodiscard]] std::int64_t newest_arrival();
  [[nodiscard]] std::vector<Arrival> arrivals_after(std::int64_t number, std::size_t limit);
  // Another number whenever another connection has changed something since the last call (cheap).
  [[nodiscard]] std::int64_t change_count();

 private:
  Database& database_;
};

}  // namespace mlops::meta
