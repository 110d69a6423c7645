#include "register/moved_apart.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/json.h"
#include "register/registry.h"

namespace mlops::registry {
namespace {

using Events = std::vector<meta::Entry>;  // oldest first

std::set<Id> known_to(const Events& events, const meta::Entry& event) {
  std::map<Id, std::string> before;
  for (const auto& one : events) before[one.id] = text_or(one.body, "previous");
  std::set<Id> out;
  for (std::string next = text_or(event.body, "previous"); !next.empty();) {
    const auto id = Id::from_hex(next);
    if (!id || !before.contains(*id) || !out.insert(*id).second) break;
    next = before[*id];
  }
  return out;
}

Move move_of(const RegisteredModel& model, const meta::Entry& event) {
  const Json change = event.body.value("change", Json::object());
  Move out{event.id, integer_or(change, "number"), text_or(event.body, "author"), event.time};
  for (const auto& state : model.versions)
    if (state.version.record.hex() == text_or(change, "version")) out.number = state.version.number;
  return out;
}

std::string told(const std::string& model, const Move& move) {
  return fmt::format("{} by {}, {}", move.number > 0 ? model + ":" + std::to_string(move.number) : "removed",
                     move.author, to_local(move.time, now_micros()));
}

}  // namespace

std::string MovedApart::text(const std::string& model) const {
  return fmt::format("moved in two clones: {} (holds); {}", told(model, holds), told(model, other));
}

std::vector<MovedApart> moved_apart(data::Repository& repository, const std::string& name) {
  const auto events =
      repository.database().list({.type = "event", .key = "model:" + name, .limit = 0, .newest_first = false});
  std::map<std::string, std::vector<const meta::Entry*>> moves;
  for (const auto& event : events)
    if (const std::string alias = text_or(event.body.value("change", Json::object()), "alias"); !alias.empty())
      moves[alias].push_back(&event);
  std::vector<MovedApart> out;
  std::optional<RegisteredModel> model;
  for (auto& [alias, of] : moves) {
    if (of.size() < 2) continue;
    std::sort(of.begin(), of.end(),
              [](const auto* a, const auto* b) { return std::tie(a->time, a->id) < std::tie(b->time, b->id); });
    // The move before the last one is the one that may be unknown to it; older ones were settled by that.
    const meta::Entry &holds = *of.back(), &other = *of[of.size() - 2];
    if (known_to(events, holds).contains(other.id)) continue;
    if (!model) model = registered_model(repository, name);
    if (!model) break;
    MovedApart apart{alias, move_of(*model, holds), move_of(*model, other)};
    if (apart.holds.number != apart.other.number) out.push_back(std::move(apart));
  }
  return out;
}

}  // namespace mlops::registry
