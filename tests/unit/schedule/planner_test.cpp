#include <catch2/catch.hpp>

#include "schedule/planner.h"

using namespace mlops;
using namespace mlops::schedule;

namespace {

constexpr Micros k_minute = 60'000'000, k_hour = 60 * k_minute;
const Micros k_start = parse_time("2026-01-01T00:00:00Z").value();

Definition hourly(const char* catch_up) {
  Definition out;
  out.name = "hourly";
  out.triggers = {{Trigger::Kind::cron, "0 * * * *", "UTC", 0, ""}};
  out.command = {"true"};
  out.catch_up = parse_catch_up(catch_up).value();
  out.added = k_start;
  return out;
}

std::size_t jobs_after(const char* catch_up, Micros away, std::size_t& missed) {
  const Plan found = plan(hourly(catch_up), first_cursor(hourly(catch_up), 0), {k_start + away, nullptr, {}});
  missed = found.missed;
  return found.jobs.size();
}

meta::Arrival event(std::int64_t number, const char* object, Json change) {
  meta::Entry entry;
  entry.id.bytes[0] = static_cast<std::uint8_t>(number);
  entry.type = "event";
  entry.key = object;
  entry.time = k_start + number;
  entry.body = {{"change", std::move(change)}};
  return {number, entry};
}

Definition waiting_for(const char* trigger) {
  Definition out;
  out.name = "on";
  out.triggers = {parse_event_trigger(trigger)};
  out.command = {"true"};
  out.added = k_start;
  return out;
}

std::size_t jobs_of(const char* trigger, const std::vector<meta::Arrival>& events) {
  return plan(waiting_for(trigger), first_cursor(waiting_for(trigger), 0), {k_start, &events, {}}).jobs.size();
}

}  // namespace

TEST_CASE("times that passed while nobody looked come back as catch-up says") {
  std::size_t missed = 0;
  CHECK(jobs_after("last", 30 * k_minute, missed) == 0);
  CHECK(jobs_after("last", k_hour, missed) == 1);  // on time
  CHECK(missed == 0);
  CHECK(jobs_after("last", 5 * k_hour + 30 * k_minute, missed) == 1);
  CHECK(missed == 4);
  CHECK(jobs_after("none", 5 * k_hour + 30 * k_minute, missed) == 0);
  CHECK(missed == 5);
  CHECK(jobs_after("all", 5 * k_hour + 30 * k_minute, missed) == 5);
  CHECK(missed == 0);
  CHECK(jobs_after("all:3", 5 * k_hour + 30 * k_minute, missed) == 3);
  CHECK(missed == 2);
  CHECK(jobs_after("last", 5 * k_hour, missed) == 1);  // the one on time is the last
  CHECK(missed == 4);
  CHECK(jobs_after("none", 5 * k_hour + 30 * 1'000'000, missed) == 1);
  CHECK_FALSE(parse_catch_up("all:0"));
  CHECK_FALSE(parse_catch_up("some"));
}

TEST_CASE("what was looked at is not looked at again, and a clock set back starts nothing twice") {
  const Definition definition = hourly("last");
  const Plan first = plan(definition, first_cursor(definition, 0), {k_start + k_hour, nullptr, {}});
  REQUIRE(first.jobs.size() == 1);
  CHECK(plan(definition, first.cursor, {k_start + k_hour, nullptr, {}}).jobs.empty());
  CHECK(plan(definition, first.cursor, {k_start, nullptr, {}}).jobs.empty());
  const Plan back = plan(definition, first.cursor, {k_start + 30 * k_minute, nullptr, {}});
  CHECK(plan(definition, back.cursor, {k_start + k_hour, nullptr, {}}).jobs.empty());
  CHECK(plan(definition, back.cursor, {k_start + 2 * k_hour, nullptr, {}}).jobs.size() == 1);
  CHECK(cursor_of(to_json(first.cursor)).times == first.cursor.times);
}

TEST_CASE("intervals count from when the schedule was added") {
  Definition definition = hourly("all:1000");
  definition.triggers = {{Trigger::Kind::interval, "", "", 7 * k_minute, ""}};
  std::size_t missed = 0;
  const auto times = due_times(definition, k_start, k_start + 30 * k_minute, missed);
  CHECK(times == std::vector<Micros>{k_start + 7 * k_minute, k_start + 14 * k_minute, k_start + 21 * k_minute,
                                     k_start + 28 * k_minute});
  CHECK(next_time(definition, k_start + 28 * k_minute) == k_start + 35 * k_minute);
  CHECK(next_time(definition, k_start - k_hour) == k_start + 7 * k_minute);
}

TEST_CASE("events start what waits for them, once each") {
  const std::vector<meta::Arrival> events{event(1, "model:churn", {{"alias", "prod"}, {"number", 3}}),
                                          event(2, "model:churn", {{"alias", "next"}, {"number", 4}}),
                                          event(3, "model:churn", {{"alias", "prod"}, {"number", 0}}),
                                          event(4, "alarm:churn/drift", {{"state", "firing"}}),
                                          event(5, "alarm:churn/drift", {{"state", "resolved"}}),
                                          event(6, "alarm:churn/performance", {{"state", "firing"}}),
                                          event(7, "model:churning", {{"alias", "prod"}, {"number", 1}}),
                                          event(8, "alarm:churning/drift", {{"state", "firing"}})};
  CHECK(jobs_of("alias:churn@prod", events) == 1);
  CHECK(jobs_of("alias:churn", events) == 2);
  CHECK(jobs_of("drift:churn", events) == 1);
  CHECK(jobs_of("performance:churn", events) == 1);
  CHECK(jobs_of("alarm:churn", events) == 2);
  CHECK(jobs_of("data:churn", events) == 0);
  const Definition definition = waiting_for("alarm:churn");
  const Plan first = plan(definition, first_cursor(definition, 4), {k_start, &events, {}});
  CHECK(first.jobs.size() == 1);  // those up to 4 were dealt with
  CHECK(plan(definition, first.cursor, {k_start, &events, {}}).jobs.empty());
  for (const char* wrong : {"data", "data:", "time:x", ""}) CHECK_THROWS_AS(parse_event_trigger(wrong), Error);
}

TEST_CASE("data starts a job whenever its version is another one") {
  const Definition definition = waiting_for("data:train");
  Cursor cursor = first_cursor(definition, 0);
  cursor.seen["train"] = "a";
  const auto look = [&](const char* version) {
    const Plan found = plan(definition, cursor, {k_start, nullptr, {{"train", version}}});
    cursor = found.cursor;
    return found.jobs;
  };
  CHECK(look("a").empty());
  const auto first = look("b");
  REQUIRE(first.size() == 1);
  CHECK(first.front().body["detail"] == Json{{"path", "train"}, {"from", "a"}, {"to", "b"}});
  CHECK(look("b").empty());
  CHECK(look("").empty());  // the pointer is away for a moment
  CHECK(look("b").empty());
  const auto back = look("a"), again = look("b");
  REQUIRE(back.size() == 1);
  REQUIRE(again.size() == 1);
  CHECK(again.front().cause != first.front().cause);
}

TEST_CASE("a charter's retraining is a schedule") {
  const auto charter = problem::parse_charter(
      "name: churn\ntask: regression\nsources: [data]\nmetric: {name: rmse, direction: minimize, threshold: 1}\n"
      "retraining: {on: [schedule, data, drift], cron: '0 3 * * 1', cooldown: 1d, stages: [train]}\n");
  Definition definition;
  definition.charter = true;
  const Definition meant = resolve(definition, charter);
  CHECK(meant.command == std::vector<std::string>{"mlops", "train", "run", "train"});
  CHECK(meant.cooldown == 24 * k_hour);
  std::vector<std::string> texts;
  for (const auto& trigger : meant.triggers) texts.push_back(trigger.text());
  std::sort(texts.begin(), texts.end());
  CHECK(texts == std::vector<std::string>{"0 3 * * 1", "alarm:churn/drift", "data:data"});
}
