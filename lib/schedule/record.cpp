#include "schedule/record.h"

#include <algorithm>

#include "base/time.h"
#include "data/author.h"

namespace mlops::schedule {
namespace {

const char* kind_name(Trigger::Kind kind) {
  switch (kind) {
    case Trigger::Kind::cron:
      return "cron";
    case Trigger::Kind::interval:
      return "interval";
    case Trigger::Kind::data:
      return "data";
    case Trigger::Kind::alias:
      return "alias";
    case Trigger::Kind::alarm:
      return "alarm";
  }
  return "";
}

Json trigger_json(const Trigger& trigger) {
  Json out{{"kind", kind_name(trigger.kind)}};
  if (trigger.kind == Trigger::Kind::cron) {
    out["cron"] = trigger.cron;
    if (!trigger.zone.empty()) out["zone"] = trigger.zone;
  } else if (trigger.kind == Trigger::Kind::interval) {
    out["every_us"] = trigger.every;
  } else {
    out["subject"] = trigger.subject;
  }
  return out;
}

std::optional<Trigger> trigger_of(const Json& json) {
  const std::string kind = text_or(json, "kind");
  for (const auto known :
       {Trigger::Kind::cron, Trigger::Kind::interval, Trigger::Kind::data, Trigger::Kind::alias, Trigger::Kind::alarm})
    if (kind == kind_name(known))
      return Trigger{known, text_or(json, "cron"), text_or(json, "zone"), integer_or(json, "every_us"),
                     text_or(json, "subject")};
  return std::nullopt;
}

void read_lists(const Json& body, Definition& out) {
  for (const auto& json : body.value("triggers", Json::array()))
    if (auto trigger = trigger_of(json)) out.triggers.push_back(std::move(*trigger));
  for (const auto& word : body.value("command", Json::array()))
    if (word.is_string()) out.command.push_back(word.get<std::string>());
  const Json seen = body.value("seen", Json::object());
  for (const auto& [path, id] : seen.items())
    if (id.is_string()) out.seen[path] = id.get<std::string>();
}

// The newest speaks, also where the clock went back.
Micros time_after(data::Repository& repository, const std::string& name) {
  const auto before = repository.database().list({k_record_type, name, 1, true});
  return before.empty() ? now_micros() : std::max(now_micros(), before.front().time + 1);
}

}  // namespace

Json to_json(const Definition& definition) {
  Json out{{"charter", definition.charter},
           {"overlap", to_text(definition.overlap)},
           {"catch_up", definition.catch_up.text()},
           {"timeout_us", definition.timeout},
           {"cooldown_us", definition.cooldown},
           {"retries", definition.retries},
           {"retry_wait_us", definition.retry_wait},
           {"command", definition.command},
           {"triggers", Json::array()},
           {"seen", Json::object()}};
  for (const auto& trigger : definition.triggers) out["triggers"].push_back(trigger_json(trigger));
  for (const auto& [path, id] : definition.seen) out["seen"][path] = id;
  return out;
}

Definition seal(data::Repository& repository, Definition definition) {
  definition.author = data::author(repository);
  definition.added = time_after(repository, definition.name);
  Json record = to_json(definition);
  record.update({{"type", k_record_type},
                 {"version", 1},
                 {"key", definition.name},
                 {"author", definition.author},
                 {"time", to_utc(definition.added)}});
  definition.record = repository.database().seal(record);
  return definition;
}

void seal_removal(data::Repository& repository, const Definition& definition) {
  repository.database().seal({{"type", k_record_type},
                              {"version", 1},
                              {"key", definition.name},
                              {"removed", true},
                              {"author", data::author(repository)},
                              {"time", to_utc(time_after(repository, definition.name))}});
}

std::optional<Definition> from_record(const meta::Entry& entry) {
  const Json& body = entry.body;
  if (integer_or(body, "version") > 1)
    throw state_error("the schedule \"" + entry.key + "\" was added by a newer mlops", "update mlops");
  if (body.value("removed", Json(false)) == true) return std::nullopt;
  Definition out;
  out.name = entry.key;
  out.charter = body.value("charter", Json(false)) == true;
  out.overlap = parse_overlap(text_or(body, "overlap")).value_or(Overlap::wait);
  out.catch_up = parse_catch_up(text_or(body, "catch_up")).value_or(CatchUp{});
  out.timeout = integer_or(body, "timeout_us");
  out.cooldown = integer_or(body, "cooldown_us");
  out.retries = static_cast<int>(std::clamp<std::int64_t>(integer_or(body, "retries"), 0, 100));
  out.retry_wait = integer_or(body, "retry_wait_us");
  out.author = text_or(body, "author");
  out.added = entry.time;
  out.record = entry.id;
  read_lists(body, out);
  return out;
}

}  // namespace mlops::schedule
