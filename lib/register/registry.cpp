#include "register/registry.h"

#include <set>

#include "base/text.h"
#include "data/author.h"
#include "data/object_json.h"
#include "train/runs.h"

namespace mlops::registry {
namespace {

class Fold {
 public:
  Fold(const std::string& name, std::optional<RegisteredModel> before) : exists_(before.has_value()) {
    if (before) model_ = *std::move(before);
    model_.name = name;
    for (const auto& [alias, number] : model_.aliases) {
      const auto* state = model_.version(number);
      aliases_[alias] = {number, state != nullptr ? std::optional(state->version.record) : std::nullopt};
    }
  }

  void take(const meta::Entry& entry) {
    if (entry.type == "model")
      add(entry);
    else
      change(entry, entry.body.value("change", Json::object()));
  }

  std::optional<RegisteredModel> result() {
    if (!exists_) return std::nullopt;
    part_equal_numbers();
    name_aliases();
    std::stable_sort(model_.versions.begin(), model_.versions.end(),
                     [](const auto& a, const auto& b) { return a.version.number < b.version.number; });
    return std::move(model_);
  }

 private:
  void appear(Micros time) {
    if (!exists_) model_.created = time;
    exists_ = true;
    model_.updated = std::max(model_.updated, time);
  }

  void add(const meta::Entry& entry) {
    const auto object = data::object_of(entry.body.value("object", Json::object()));
    if (!object) return;
    appear(entry.time);
    VersionState state;
    state.version = {
        entry.key, integer_or(entry.body, "number"), entry.id, *object, entry.body.value("signature", Json::object()),
        entry.body};
    state.description = text_or(entry.body, "description");
    state.created = state.updated = entry.time;
    const Json tags = entry.body.value("tags", Json::object());
    for (const auto& [key, value] : tags.items())
      if (value.is_string()) state.tags[key] = value.get<std::string>();
    give(state.version.number);
    model_.versions.push_back(std::move(state));
  }

  void change(const meta::Entry& entry, const Json& change) {
    const std::string model = text_or(change, "model");
    if (model == "deleted") {
      const std::string name = model_.name;
      model_ = {};
      model_.name = name;
      aliases_.clear();
      exists_ = false;
      return;
    }
    if (model == "created") appear(entry.time);
    if (!exists_) return;
    model_.updated = std::max(model_.updated, entry.time);
    if (const std::string alias = text_or(change, "alias"); !alias.empty())
      return set_alias(alias, integer_or(change, "number"), Id::from_hex(text_or(change, "version")));
    const auto number = integer_or(change, "number");
    if (const auto renumbered = Id::from_hex(text_or(change, "renumbered"))) return set_number(*renumbered, number);
    if (number == 0) {
      if (change.contains("description")) model_.description = text_or(change, "description");
      set_tag(model_.tags, change);
      return;
    }
    for (auto& state : model_.versions)
      if (state.version.number == number) change_version(state, entry.time, change);
    std::erase_if(model_.versions, [&](const auto& state) {
      return state.version.number == number && text_or(change, "state") == "deleted";
    });
    if (text_or(change, "state") == "deleted")
      std::erase_if(aliases_, [&](const auto& alias) { return alias.second.number == number; });
  }

  void set_alias(const std::string& alias, std::int64_t number, const std::optional<Id>& version) {
    if (number > 0)
      aliases_[alias] = {number, version};
    else
      aliases_.erase(alias);
  }

  void set_number(const Id& version, std::int64_t number) {
    for (auto& state : model_.versions)
      if (state.version.record == version) state.version.number = number;
    give(number);
  }

  void give(std::int64_t number) {
    model_.last_sealed = std::max(model_.last_sealed, number);
    model_.last_number = std::max(model_.last_number, number);
  }

  // Versions stand in the order of their records' times.
  void part_equal_numbers() {
    std::set<std::int64_t> taken;
    for (auto& state : model_.versions)
      if (!taken.insert(state.version.number).second) {
        state.version.number = ++model_.last_number;
        taken.insert(state.version.number);
      }
  }

  // An alias is of a version, whatever number that has by now.
  void name_aliases() {
    model_.aliases.clear();
    for (const auto& [alias, target] : aliases_) {
      model_.aliases[alias] = target.number;
      for (const auto& state : model_.versions)
        if (target.version == state.version.record) model_.aliases[alias] = state.version.number;
    }
  }

  static void set_tag(std::map<std::string, std::string>& tags, const Json& change) {
    const std::string tag = text_or(change, "tag");
    if (tag.empty()) return;
    if (change.contains("value") && change["value"].is_string())
      tags[tag] = change["value"].get<std::string>();
    else
      tags.erase(tag);
  }

  static void change_version(VersionState& state, Micros time, const Json& change) {
    state.updated = time;
    if (change.contains("description")) state.description = text_or(change, "description");
    if (change.contains("stage")) state.stage = text_or(change, "stage");
    set_tag(state.tags, change);
  }

  struct Target {
    std::int64_t number = 0;
    std::optional<Id> version;  // its record
  };
  bool exists_;
  RegisteredModel model_;
  std::map<std::string, Target> aliases_;
};

}  // namespace

const VersionState* RegisteredModel::version(std::int64_t number) const {
  for (const auto& state : versions)
    if (state.version.number == number) return &state;
  return nullptr;
}

std::optional<RegisteredModel> registered_model(data::Repository& repository, const std::string& name) {
  auto entries = repository.database().list({.type = "model", .key = name, .limit = 0, .newest_first = false});
  for (auto& event :
       repository.database().list({.type = "event", .key = "model:" + name, .limit = 0, .newest_first = false}))
    entries.push_back(std::move(event));
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return std::tie(a.time, a.id) < std::tie(b.time, b.id); });
  Fold fold(name, std::nullopt);
  for (const auto& entry : entries) fold.take(entry);
  return fold.result();
}

std::int64_t renumber(data::Repository& repository, const ModelVersion& version) {
  const auto model = registered_model(repository, version.name);
  const std::int64_t number = (model ? model->last_sealed : 0) + 1;
  seal_change(repository, version.name,
              {{"number", number}, {"renumbered", version.record.hex()}, {"from", integer_or(version.body, "number")}});
  return number;
}

std::optional<RegisteredModel> registered_after(std::optional<RegisteredModel> before, const std::string& name,
                                                const meta::Entry& entry) {
  Fold fold(name, std::move(before));
  fold.take(entry);
  return fold.result();
}

std::vector<std::string> registered_names(data::Repository& repository) {
  std::vector<std::string> out;
  for (const auto& name : repository.database().keys("model", "")) out.push_back(name);
  for (const auto& object : repository.database().keys("event", "model:")) out.push_back(object.substr(6));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  std::erase_if(out, [&](const std::string& name) { return !registered_model(repository, name); });
  return out;
}

Json change_event(data::Repository& repository, const std::string& name, const Json& change,
                  const std::string& author) {
  const auto before = repository.database().list({.type = "event", .key = "model:" + name, .limit = 1});
  Json event{{"type", "event"},  {"version", 1},     {"object", "model:" + name},
             {"change", change}, {"author", author}, {"time", to_utc(now_micros())}};
  if (!before.empty()) event["previous"] = before.front().id.hex();
  return event;
}

Id seal_change(data::Repository& repository, const std::string& name, const Json& change) {
  return repository.database().seal(change_event(repository, name, change, data::author(repository)));
}

}  // namespace mlops::registry
