#include "feature/registry.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace mlops::feature {
namespace {

constexpr const char* k_type = "features";

Version version_of(const meta::Entry& entry) {
  const auto hash = Id::from_hex(text_or(entry.body, "hash"));
  if (integer_or(entry.body, "version") > 1 || !hash)
    throw state_error("the definition of \"" + entry.key + "\" was applied by a newer mlops", "update mlops");
  return {*hash, entry.id, integer_or(entry.body, "number"), entry.time, text_or(entry.body, "author")};
}

bool is_removal(const meta::Entry& entry) { return entry.body.value("definition", Json()).is_null(); }

template <typename Map>
const typename Map::mapped_type& look_up(const Map& map, const std::string& name, const char* what) {
  if (const auto found = map.find(name); found != map.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [key, value] : map) names.push_back(key);
  const std::string near = nearest(name, names);
  throw input_error(fmt::format("there is no {} \"{}\"", what, name),
                    !near.empty()   ? "did you mean \"" + near + "\"?"
                    : names.empty() ? "mlops feature apply makes what features/*.yaml defines known"
                                    : "mlops feature list shows what there is");
}

std::string ttl_text(Micros ttl) {
  if (ttl == 0) return "none";
  constexpr Micros k_second = 1'000'000;
  for (const auto& [unit, name] : {std::pair<Micros, const char*>{86400, "d"}, {3600, "h"}, {60, "m"}})
    if (ttl % (unit * k_second) == 0) return fmt::format("{}{}", ttl / (unit * k_second), name);
  return fmt::format("{}s", ttl / k_second);
}

std::string feature_changes(const View& before, const View& after) {
  std::vector<std::string> parts;
  for (const auto& feature : after.features) {
    const auto old = before.find(feature.name);
    if (!old)
      parts.push_back("+ " + feature.name);
    else if (before.features[*old].type != feature.type)
      parts.push_back(
          fmt::format("{} {} → {}", feature.name, to_text(before.features[*old].type), to_text(feature.type)));
  }
  for (const auto& feature : before.features)
    if (!after.find(feature.name)) parts.push_back("- " + feature.name);
  return join(parts, ", ");
}

std::string difference(const Json& before, const Json& after) {
  if (text_or(after, "kind") != "view") return "";
  const View a = view_from_json(before), b = view_from_json(after);
  std::vector<std::string> parts;
  if (auto features = feature_changes(a, b); !features.empty()) parts.push_back(std::move(features));
  if (a.ttl != b.ttl) parts.push_back(fmt::format("ttl {} → {}", ttl_text(a.ttl), ttl_text(b.ttl)));
  if (before.value("source", Json()) != after.value("source", Json())) parts.emplace_back("source");
  if (before.value("keys", Json()) != after.value("keys", Json())) parts.emplace_back("entities");
  if (a.known_at_created != b.known_at_created) parts.emplace_back("known_at");
  return join(parts, " · ");
}

std::string outline(const Json& definition) {
  if (text_or(definition, "kind") != "view") {
    const auto choices = definition["choices"].size();
    return fmt::format("{} view{}", choices, choices == 1 ? "" : "s");
  }
  const View view = view_from_json(definition);
  std::vector<std::string> keys;
  for (const auto& key : view.keys) keys.push_back(key.name);
  return fmt::format("{} feature{} by {} · ttl {}", view.features.size(), view.features.size() == 1 ? "" : "s",
                     keys.empty() ? "nothing" : join(keys, ", "), ttl_text(view.ttl));
}

void compare(std::vector<Change>& out, const std::string& what, const std::string& name, const Json& before,
             const Json& after) {
  if (before == after) return;
  Change change{Change::Kind::changed, what, name, before, after, {}};
  if (before.is_null()) change.kind = Change::Kind::added;
  if (after.is_null()) change.kind = Change::Kind::removed;
  if (change.kind == Change::Kind::changed) change.detail = difference(before, after);
  if (change.kind == Change::Kind::added) change.detail = outline(after);
  out.push_back(std::move(change));
}

template <typename Applied, typename Wanted, typename OldJson>
void compare_all(std::vector<Change>& out, const std::string& what, const Applied& applied, const Wanted& wanted,
                 const OldJson& old_json) {
  for (const auto& [name, definition] : wanted) {
    const auto found = applied.find(name);
    compare(out, what, name, found == applied.end() ? Json() : old_json(found->second), to_json(definition));
  }
  for (const auto& [name, old] : applied)
    if (!wanted.contains(name)) compare(out, what, name, old_json(old), Json());
}

}  // namespace

const AppliedView& Registry::view(const std::string& name) const { return look_up(views, name, "view"); }
const AppliedService& Registry::service(const std::string& name) const { return look_up(services, name, "service"); }

Registry load_registry(meta::Database& database) {
  Registry out;
  std::set<std::string> seen;
  for (const auto& entry : database.list({k_type, "", 0, true})) {
    if (!seen.insert(entry.key).second || is_removal(entry)) continue;
    const Json& definition = entry.body["definition"];
    if (text_or(definition, "kind") == "service")
      out.services.emplace(entry.key, AppliedService{service_from_json(definition), version_of(entry)});
    else
      out.views.emplace(entry.key, AppliedView{view_from_json(definition), version_of(entry)});
  }
  return out;
}

std::vector<PastVersion> history(meta::Database& database, const std::string& name) {
  std::vector<PastVersion> out;
  for (const auto& entry : database.list({k_type, name, 0, true}))
    out.push_back({version_of(entry), is_removal(entry)});
  return out;
}

std::vector<Change> plan(const Registry& registry, const Definitions& definitions) {
  std::vector<Change> out;
  compare_all(out, "view", registry.views, definitions.views, [](const AppliedView& old) { return to_json(old.view); });
  compare_all(out, "service", registry.services, definitions.services,
              [](const AppliedService& old) { return to_json(old.service); });
  return out;
}

void apply(meta::Database& database, const std::vector<Change>& changes, const std::string& author) {
  Micros time = now_micros();
  for (const auto& change : changes) {
    std::int64_t number = 0;
    for (const auto& past : history(database, change.name)) {
      number = std::max(number, past.version.number);
      time = std::max(time, past.version.time + 1);  // the newest speaks, also where the clock went back
    }
    Json record{{"type", k_type},       {"version", 1},     {"key", change.name},
                {"number", number + 1}, {"author", author}, {"time", to_utc(time++)}};
    record["definition"] = change.after;
    record["hash"] = hash_of(change.after.is_null() ? change.before : change.after).hex();
    database.seal(record);
  }
}

}  // namespace mlops::feature
