#include "base/text.h"
#include "data/object_json.h"
#include "register/lineage_walk.h"

namespace mlops::registry {

std::optional<meta::Entry> LineageRecords::newest(const std::string& type, const std::string& key) {
  if (key.empty()) return std::nullopt;
  auto found = repository_.database().list({.type = type, .key = key, .limit = 1});
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

train::RunEntry run_of(const meta::Entry& entry) { return {entry.id, entry.key, entry.time, entry.body}; }

const RegisteredModel* LineageRecords::registered(const std::string& name) {
  const auto [at, is_new] = registered_.try_emplace(name);
  if (is_new) at->second = registered_model(repository_, name);
  return at->second ? &*at->second : nullptr;
}

std::optional<ModelVersion> LineageRecords::version_of(const meta::Entry& entry) {
  if (const auto* known = registered(entry.key))
    for (const auto& state : known->versions)
      if (state.version.record == entry.id) return state.version;
  return std::nullopt;
}

LineageNode LineageRecords::plain(const ModelVersion& model) {
  std::vector<std::string> names;
  if (const auto* known = registered(model.name))
    for (const auto& [alias, number] : known->aliases)
      if (number == model.number) names.push_back("@" + alias);
  return {"model",
          "model " + model.label() + (names.empty() ? "" : " " + join(names, " ")),
          {{"name", model.name},
           {"number", model.number},
           {"record", model.record.hex()},
           {"object", data::to_json(model.object)},
           {"metrics", model.body.value("metrics", Json::object())},
           {"aliases", names}},
          {},
          "model:" + model.record.hex()};
}

}  // namespace mlops::registry
