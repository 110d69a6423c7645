#include "schedule/planner.h"

#include <algorithm>
#include <deque>
#include <set>

#include "schedule/cron.h"

namespace mlops::schedule {
namespace {

using meta::Job;

// A clock that nobody looked at for years is not gone through minute by minute.
constexpr Micros k_longest_look_back = Micros{400} * 86'400'000'000;

std::optional<Micros> next_of(const Trigger& trigger, Micros added, Micros after) {
  if (trigger.kind == Trigger::Kind::cron) return Cron::parse(trigger.cron).next(after, Zone::find(trigger.zone));
  if (trigger.kind != Trigger::Kind::interval) return std::nullopt;
  const Micros every = std::max<Micros>(trigger.every, 1);
  return added + (std::max<Micros>(after - added, 0) / every + 1) * every;
}

// The newest `most` times in (from, to], and how many there were.
std::pair<std::deque<Micros>, std::size_t> times_of(const Trigger& trigger, Micros added, Micros from, Micros to,
                                                    std::size_t most) {
  std::deque<Micros> out;
  std::size_t count = 0;
  if (trigger.kind == Trigger::Kind::cron) {
    const Cron cron = Cron::parse(trigger.cron);
    const Zone zone = Zone::find(trigger.zone);
    for (auto at = cron.next(from, zone); at && *at <= to; at = cron.next(*at, zone)) {
      out.push_back(*at);
      if (out.size() > most) out.pop_front();
      ++count;
    }
  } else if (trigger.kind == Trigger::Kind::interval) {
    const Micros every = std::max<Micros>(trigger.every, 1);
    const Micros first = std::max<Micros>(from - added, 0) / every + 1, last = (to - added) / every;
    if (to < added || last < first) return {out, 0};
    count = static_cast<std::size_t>(last - first + 1);
    for (Micros k = std::max<Micros>(first, last - static_cast<Micros>(most) + 1); k <= last; ++k)
      out.push_back(added + k * every);
  }
  return {out, count};
}

// The job's copy of everything it needs: what is edited later does not touch it.
Job job_of(const Definition& definition, std::string cause, const std::string& trigger, Micros planned, Json detail) {
  Job job{random_hex(32), definition.name, std::move(cause), "waiting", now_micros(), Json::object()};
  job.body = {{"definition", definition.record.hex()},
              {"command", definition.command},
              {"trigger", trigger},
              {"planned", to_utc(planned)},
              {"timeout_us", definition.timeout},
              {"retries", definition.retries},
              {"retry_wait_us", definition.retry_wait},
              {"detail", std::move(detail)}};
  return job;
}

void add_times(const Definition& definition, const Sight& sight, Plan& plan) {
  for (const Micros at : due_times(definition, plan.cursor.times, sight.now, plan.missed))
    plan.jobs.push_back(job_of(definition, "time:" + to_utc(at), "time", at, Json::object()));
  plan.cursor.times = std::max(plan.cursor.times, sight.now);
}

void add_data(const Definition& definition, const Sight& sight, Plan& plan) {
  for (const auto& trigger : definition.triggers) {
    const auto version = trigger.kind == Trigger::Kind::data ? sight.data.find(trigger.subject) : sight.data.end();
    if (version == sight.data.end() || version->second.empty()) continue;  // its pointer is away: not a new version
    std::string& seen = plan.cursor.seen[trigger.subject];
    if (seen == version->second) continue;
    const std::string cause =
        "data:" + trigger.subject + "@" + version->second + "#" + std::to_string(++plan.cursor.changes);
    if (!seen.empty())  // else it was not versioned before: nothing to compare with
      plan.jobs.push_back(job_of(definition, cause, trigger.text(), sight.now,
                                 {{"path", trigger.subject}, {"from", seen}, {"to", version->second}}));
    seen = version->second;
  }
}

bool concerns(const Trigger& trigger, const meta::Entry& event) {
  const Json change = event.body.value("change", Json::object());
  if (trigger.kind == Trigger::Kind::alarm)
    return text_or(change, "state") == "firing" &&
           (event.key == "alarm:" + trigger.subject || event.key.starts_with("alarm:" + trigger.subject + "/"));
  if (trigger.kind != Trigger::Kind::alias || text_or(change, "alias").empty() || integer_or(change, "number") < 1)
    return false;
  const std::string model = event.key.starts_with("model:") ? event.key.substr(6) : "";
  return !model.empty() && (trigger.subject == model || trigger.subject == model + "@" + text_or(change, "alias"));
}

void add_events(const Definition& definition, const Sight& sight, Plan& plan) {
  if (sight.events == nullptr) return;
  for (const auto& arrival : *sight.events) {
    if (arrival.number <= plan.cursor.arrivals) continue;
    plan.cursor.arrivals = arrival.number;
    if (arrival.event.time <= plan.cursor.events_since) continue;
    for (const auto& trigger : definition.triggers) {
      if (!concerns(trigger, arrival.event)) continue;
      plan.jobs.push_back(job_of(definition, "event:" + arrival.event.id.hex(), trigger.text(), arrival.event.time,
                                 {{"event", arrival.event.id.hex()},
                                  {"object", arrival.event.key},
                                  {"change", arrival.event.body.value("change", Json::object())}}));
      break;
    }
  }
}

}  // namespace

Json to_json(const Cursor& cursor) {
  return {{"definition", cursor.definition.hex()}, {"times", cursor.times}, {"arrivals", cursor.arrivals},
          {"events_since", cursor.events_since},   {"seen", cursor.seen},   {"changes", cursor.changes}};
}

Cursor cursor_of(const Json& json) {
  Cursor out;
  out.definition = Id::from_hex(text_or(json, "definition")).value_or(Id{});
  out.times = integer_or(json, "times");
  out.arrivals = integer_or(json, "arrivals");
  out.events_since = integer_or(json, "events_since");
  out.changes = integer_or(json, "changes");
  const Json seen = json.value("seen", Json::object());
  for (const auto& [path, id] : seen.items()) out.seen[path] = id.is_string() ? id.get<std::string>() : "";
  return out;
}

Cursor first_cursor(const Definition& definition, std::int64_t newest_arrival) {
  return {definition.record, definition.added, newest_arrival, 0, definition.seen, 0};
}

std::vector<Micros> due_times(const Definition& definition, Micros from, Micros to, std::size_t& missed) {
  const std::size_t most = definition.catch_up.kind == CatchUp::Kind::all ? definition.catch_up.most : 1;
  std::set<Micros> late, fresh;
  std::size_t late_count = 0;
  const Micros start = std::max(from, to - k_longest_look_back),
               edge = std::clamp(to - k_on_time, start, std::max(start, to));
  for (const auto& trigger : definition.triggers) {
    const auto [old, count] = times_of(trigger, definition.added, start, edge, most);
    late.insert(old.begin(), old.end());
    late_count += count;
    const auto [now, fresh_count] = times_of(trigger, definition.added, edge, to, 1000);
    fresh.insert(now.begin(), now.end());
  }
  while (late.size() > most) late.erase(late.begin());
  if (definition.catch_up.kind == CatchUp::Kind::none ||
      (definition.catch_up.kind == CatchUp::Kind::last && !fresh.empty()))
    late.clear();
  missed += late_count - std::min(late_count, late.size());
  std::vector<Micros> out(late.begin(), late.end());
  out.insert(out.end(), fresh.begin(), fresh.end());
  return out;
}

std::optional<Micros> next_time(const Definition& definition, Micros after) {
  std::optional<Micros> best;
  for (const auto& trigger : definition.triggers)
    if (const auto at = next_of(trigger, definition.added, after); at && (!best || *at < *best)) best = at;
  return best;
}

Plan plan(const Definition& definition, const Cursor& cursor, const Sight& sight) {
  Plan out{cursor, {}, 0};
  add_times(definition, sight, out);
  add_data(definition, sight, out);
  add_events(definition, sight, out);
  return out;
}

meta::Job manual_job(const Definition& definition) {
  const std::string nonce = random_hex(12);
  return job_of(definition, "hand:" + nonce, "by hand", now_micros(), Json::object());
}

}  // namespace mlops::schedule
