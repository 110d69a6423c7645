#include <catch2/catch.hpp>

#include <random>
#include <set>

#include "base/error.h"
#include "schedule/cron.h"

using namespace mlops;
using namespace mlops::schedule;

namespace {

constexpr Micros k_minute = 60'000'000, k_hour = 60 * k_minute, k_day = 24 * k_hour;

Micros at(const char* text) { return parse_time(text).value(); }

std::vector<std::string> next_times(const char* cron, const char* zone, const char* after, int count) {
  std::vector<std::string> out;
  Micros now = at(after);
  for (int i = 0; i < count; ++i) {
    now = Cron::parse(cron).next(now, Zone::find(zone)).value();
    out.push_back(to_utc(now).substr(0, 16));
  }
  return out;
}

bool refused(const char* cron) {
  try {
    Cron::parse(cron);
  } catch (const Error& error) {
    return error.kind() == ErrorKind::input && !error.hint().empty();
  }
  return false;
}

// The rule by walking over every minute of real time, as a clock on the wall shows it: no thought of how next() is
// made.
std::set<Micros> walk(const Cron& cron, const Zone& zone, Micros from, Micros to) {
  std::set<Micros> out;
  const auto matches = [&](Micros wall) {
    const LocalTime local = LocalTime::from(wall);
    return cron.matches_day(local.days) && cron.matches_minute(static_cast<int>(local.time_of_day / k_minute));
  };
  const auto wall_of = [&](Micros instant) { return zone.local(instant).since_epoch(); };
  Micros last = wall_of(from - k_minute), latest = last;
  for (Micros now = from; now < to; now += k_minute) {
    const Micros wall = wall_of(now);
    bool due = matches(wall) && (wall > latest || cron.every_hour());
    if (!cron.every_hour())
      for (Micros skipped = last + k_minute; skipped < wall && !due; skipped += k_minute)
        due = skipped > latest && matches(skipped);
    if (due) out.insert(now);
    last = wall;
    latest = std::max(latest, wall);
  }
  return out;
}

std::set<Micros> listed(const Cron& cron, const Zone& zone, Micros from, Micros to) {
  std::set<Micros> out;
  for (auto now = cron.next(from - 1, zone); now && *now < to; now = cron.next(*now, zone)) out.insert(*now);
  return out;
}

// Instants at which a zone's clocks change, on whole minutes.
std::vector<Micros> changes(const Zone& zone, Micros from, Micros to) {
  std::vector<Micros> out;
  for (Micros now = zone.span(from).end; now < to; now = zone.span(now).end) {
    if (now % k_minute == 0 && zone.span(now).offset % k_minute == 0 && zone.span(now - 1).offset % k_minute == 0)
      out.push_back(now);
  }
  return out;
}

}  // namespace

TEST_CASE("cron expressions are read as crontab(5) has them") {
  CHECK(next_times("*/15 * * * *", "UTC", "2026-01-01T00:00:00Z", 2) ==
        std::vector<std::string>{"2026-01-01T00:15", "2026-01-01T00:30"});
  CHECK(next_times("0 3 * * 1", "UTC", "2026-01-01T00:00:00Z", 2) ==
        std::vector<std::string>{"2026-01-05T03:00", "2026-01-12T03:00"});
  CHECK(next_times("0 0 * * sun", "UTC", "2026-01-01T00:00:00Z", 1) ==
        next_times("0 0 * * 7", "UTC", "2026-01-01T00:00:00Z", 1));
  CHECK(next_times("@monthly", "UTC", "2026-01-01T00:00:00Z", 1) == std::vector<std::string>{"2026-02-01T00:00"});
  CHECK(next_times("5,10-12/2 1 * JAN *", "UTC", "2026-01-01T00:00:00Z", 3) ==
        std::vector<std::string>{"2026-01-01T01:05", "2026-01-01T01:10", "2026-01-01T01:12"});
  // Two restricted day fields: one of them is enough.
  CHECK(next_times("0 0 13 * 5", "UTC", "2026-03-01T00:00:00Z", 3) ==
        std::vector<std::string>{"2026-03-06T00:00", "2026-03-13T00:00", "2026-03-20T00:00"});
  CHECK(next_times("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", 1) == std::vector<std::string>{"2028-02-29T00:00"});
  CHECK_FALSE(Cron::parse("0 0 31 2 *").next(at("2026-01-01T00:00:00Z"), Zone::find("UTC")));
  for (const char* wrong :
       {"", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *", "5-1 * * * *",
        "a * * * *", "1, * * * *", "@never", "-1 * * * *", "1-2-3 * * * *"})
    CHECK(refused(wrong));
}

TEST_CASE("times follow the zone, and the clock's changes by the written rule") {
  // Berlin puts clocks forward on 29 March 2026 at 02:00 (01:00 UTC) and back on 25 October 2026 at 03:00 (01:00 UTC).
  CHECK(next_times("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2) ==
        std::vector<std::string>{"2026-03-29T01:00", "2026-03-30T00:30"});
  CHECK(next_times("*/20 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2) ==
        std::vector<std::string>{"2026-03-29T01:00", "2026-03-30T00:00"});
  CHECK(next_times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2) ==
        std::vector<std::string>{"2026-10-25T00:30", "2026-10-26T01:30"});
  CHECK(next_times("30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 3) ==
        std::vector<std::string>{"2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30"});
  // Samoa had no 30 December 2011.
  CHECK(next_times("0 12 * * *", "Pacific/Apia", "2011-12-29T23:00:00Z", 2) ==
        std::vector<std::string>{"2011-12-30T10:00", "2011-12-30T22:00"});
  CHECK_THROWS_AS(Zone::find("Europe/Berlim"), Error);
}

TEST_CASE("next agrees with a walk over the minutes around every change of clocks, in all zones, over ten years") {
  const char* expressions[] = {"30 2 * * *", "*/20 1-3 * * *",   "*/30 * * * *",
                               "0 0 * * *",  "15,45 0,23 * * *", "0 12 1,15 * 0"};
  std::mt19937 random(11);
  std::size_t windows = 0;
  for (const auto& name : Zone::names()) {
    const Zone zone = Zone::find(name);
    for (const Micros change : changes(zone, at("2020-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"))) {
      ++windows;
      const Cron cron = Cron::parse(expressions[random() % std::size(expressions)]);
      // The walk starts well before the change, so that what it has seen is what a clock had shown.
      const Micros from = change - k_day - 5 * k_hour, to = change + k_day;
      INFO(name << " " << cron.text() << " around " << to_utc(change));
      REQUIRE(listed(cron, zone, from, to) == walk(cron, zone, from, to));
    }
  }
  CHECK(windows > 1000);
}
