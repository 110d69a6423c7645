#include "monitor/alarms.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "monitor/window.h"

namespace mlops::monitor {
namespace {

constexpr std::string_view k_prefix = "alarm:";
constexpr std::size_t k_history = 10'000;

std::string object_of(const std::string& model, std::string_view kind) {
  return fmt::format("{}{}/{}", k_prefix, model, kind);
}

std::optional<double> number_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

// How many windows in a row, this one the last, violate; those without a verdict are passed over.
std::size_t violated_in_a_row(meta::Database& database, const meta::Entry& sealed, std::string_view kind,
                              std::size_t enough) {
  std::size_t count = 0;
  for (const auto& window :
       database.list({.type = "window", .key = sealed.key, .limit = std::min(k_history, enough * 20)})) {
    if (window.time > sealed.time) continue;
    const std::string verdict = check_verdict(window.body, kind);
    if (verdict == "ok") break;
    if (verdict == "violated" && ++count >= enough) break;
  }
  return count;
}

Alarm seal_event(meta::Database& database, const meta::Entry& sealed, const Json& check, bool firing,
                 const std::optional<Alarm>& before, Micros made) {
  Alarm out{.model = sealed.key,
            .kind = text_or(check, "kind"),
            .firing = firing,
            .since = made,
            .value = number_in(check, "value"),
            .limit = number_in(check, "limit"),
            .text = text_or(check, "text"),
            .window = sealed.id,
            .event = {}};
  Json event{{"type", "event"},
             {"version", 1},
             {"object", object_of(out.model, out.kind)},
             {"author", "mlops monitor watch"},
             {"time", to_utc(made)},
             {"change",
              {{"state", firing ? "firing" : "resolved"},
               {"kind", out.kind},
               {"window", sealed.id.hex()},
               {"value", number(out.value)},
               {"limit", number(out.limit)},
               {"text", out.text}}}};
  if (before) event["previous"] = before->event.hex();
  out.event = database.seal(event);
  return out;
}

}  // namespace

std::optional<Alarm> alarm_of(const meta::Entry& event) {
  const auto slash = event.key.rfind('/');
  if (!event.key.starts_with(k_prefix) || slash == std::string::npos) return std::nullopt;
  const Json change = event.body.value("change", Json::object());
  Alarm out{.model = event.key.substr(k_prefix.size(), slash - k_prefix.size()),
            .kind = event.key.substr(slash + 1),
            .firing = text_or(change, "state") == "firing",
            .since = event.time,
            .value = number_in(change, "value"),
            .limit = number_in(change, "limit"),
            .text = text_or(change, "text"),
            .window = Id::from_hex(text_or(change, "window")).value_or(Id{}),
            .event = event.id};
  return out;
}

std::vector<Alarm> alarms(meta::Database& database, const std::string& model) {
  std::map<std::string, Alarm> newest;
  const std::string prefix = model.empty() ? std::string(k_prefix) : object_of(model, "");
  for (const auto& event : database.match("event", prefix, 1'000'000))
    if (auto alarm = alarm_of(event)) newest.try_emplace(event.key, std::move(*alarm));
  std::vector<Alarm> out;
  for (auto& [object, alarm] : newest) out.push_back(std::move(alarm));
  return out;
}

std::vector<Alarm> decide_alarms(meta::Database& database, const meta::Entry& sealed, std::size_t for_windows,
                                 Micros made) {
  std::vector<Alarm> out;
  for (const auto kind : k_window_checks) {
    const Json* check = find_check(sealed.body, kind);
    if (check == nullptr) continue;
    std::optional<Alarm> before;
    const auto events = database.list({.type = "event", .key = object_of(sealed.key, kind), .limit = 1});
    if (!events.empty()) before = alarm_of(events.front());
    if (before && before->window == sealed.id) {
      out.push_back(*before);
      continue;
    }
    const std::string verdict = text_or(*check, "verdict");
    const bool fires = before && before->firing;
    if (fires && verdict == "ok") out.push_back(seal_event(database, sealed, *check, false, before, made));
    if (!fires && verdict == "violated" && violated_in_a_row(database, sealed, kind, for_windows) >= for_windows)
      out.push_back(seal_event(database, sealed, *check, true, before, made));
  }
  return out;
}

}  // namespace mlops::monitor
