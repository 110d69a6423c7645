// Registered models and their versions (lib/register keeps them).
#include <fmt/format.h>

#include "base/text.h"
#include "data/object_json.h"
#include "track/filter_parse.h"
#include "track/keys.h"
#include "track/registry_json.h"
#include "track/registry_view.h"
#include "track/runs.h"

namespace mlops::track {
namespace {

using registry::RegisteredModel;
using registry::VersionState;

std::shared_ptr<const RegisteredModel> model_of(Service& service, const Fields& fields) {
  const std::string name = fields.need("name");
  return service.registry().need(name);
}

std::string answer(Service& service, const std::string& name) {
  return dump({{"registered_model", model_json(*service.registry().need(name))}});
}

std::string create(Service& service, const Fields& fields) {
  const std::string name = fields.need("name");
  check_model_name(name);
  const auto tags = fields.pairs("tags");
  for (const auto& tag : tags) check_registry_tag(tag);
  service.registry().change(name, {{"model", "created"}}, [&](const RegisteredModel* model) {
    if (model != nullptr)
      throw already_exists(fmt::format("the registered model \"{}\" exists already", printable(name)));
  });
  if (const auto description = fields.text("description")) change_model(service, name, {{"description", *description}});
  for (const auto& tag : tags) change_model(service, name, {{"tag", tag.key}, {"value", tag.value}});
  return answer(service, name);
}

std::string get(Service& service, const Fields& fields) {
  return dump({{"registered_model", model_json(*model_of(service, fields))}});
}

std::string update(Service& service, const Fields& fields) {
  const std::string name = fields.need("name");
  change_model(service, name, {{"description", fields.text_or("description", "")}});
  return answer(service, name);
}

// Under the new name every version is sealed anew, with the same number; then the old name goes.
std::string rename(Service& service, const Fields& fields) {
  const std::string name = fields.need("name"), to = fields.need("new_name");
  check_model_name(to);
  const auto model = service.registry().need(name);
  if (to == name) return answer(service, to);
  service.registry().change(to, {{"model", "created"}, {"renamed_from", name}}, [&](const RegisteredModel* other) {
    if (other != nullptr)
      throw already_exists(fmt::format("the registered model \"{}\" exists already", printable(to)));
  });
  copy_model(service, *model, to);
  change_model(service, name, {{"model", "deleted"}, {"renamed_to", to}});
  return answer(service, to);
}

std::string remove(Service& service, const Fields& fields) {
  change_model(service, fields.need("name"), {{"model", "deleted"}});
  return "{}";
}

std::string set_tag(Service& service, const Fields& fields) {
  const meta::KeyValue tag{fields.need("key"), fields.text_or("value", "")};
  check_registry_tag(tag);
  change_model(service, fields.need("name"), {{"tag", tag.key}, {"value", tag.value}});
  return "{}";
}

std::string delete_tag(Service& service, const Fields& fields) {
  const auto model = model_of(service, fields);
  const std::string key = fields.need("key");
  if (model->tags.contains(key)) change_model(service, model->name, {{"tag", key}, {"value", nullptr}});
  return "{}";
}

constexpr const char* k_prompt = "mlflow.prompt.is_prompt";

std::optional<Worth> tag_worth(const std::map<std::string, std::string>& tags, const std::string& key) {
  const auto tag = tags.find(key);
  if (tag != tags.end()) return tag->second;
  return key == k_prompt ? std::optional<Worth>("") : std::nullopt;  // its absence counts as "not true"
}

bool is_prompt(const std::map<std::string, std::string>& tags) {
  const auto tag = tags.find(k_prompt);
  return tag != tags.end() && web::equal_names(tag->second, "true");
}

template <class Item, class ToJson>
std::string page_of(const std::vector<Item>& found, const char* name, std::size_t offset, std::size_t limit,
                    const ToJson& to_json) {
  Json out = Json::object();
  for (std::size_t i = offset; i < std::min(found.size(), offset + limit); ++i) out[name].push_back(to_json(found[i]));
  if (found.size() > offset + limit) out["next_page_token"] = page_token(offset + limit);
  return dump(out);
}

std::string search(Service& service, const Fields& fields) {
  const auto filter = parse_filter(fields.text_or("filter", ""), Domain::registered_models);
  const auto orders = parse_orders(fields.texts("order_by"), Domain::registered_models);
  const std::size_t limit = fields.limit(100, 1000), offset = fields.offset();
  const bool prompts = mentions(filter, meta::Entity::tag, k_prompt);
  auto found = service.registry().all();
  std::erase_if(found, [&](const auto& model) {
    if (!prompts && is_prompt(model->tags)) return true;
    return !matches(filter, [&](meta::Entity entity, const std::string& key) {
      return entity == meta::Entity::tag ? tag_worth(model->tags, key) : std::optional<Worth>(model->name);
    });
  });
  std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    for (const auto& order : orders) {
      const int way = order.key == "name"       ? a->name.compare(b->name)
                      : a->updated < b->updated ? -1
                      : a->updated > b->updated ? 1
                                                : 0;
      if (way != 0) return order.ascending ? way < 0 : way > 0;
    }
    return a->name < b->name;
  });
  return page_of(found, "registered_models", offset, limit, [](const auto& model) { return model_json(*model); });
}

std::string latest(Service& service, const Fields& fields) {
  const auto model = model_of(service, fields);
  std::vector<std::string> stages;
  for (const auto& stage : fields.texts("stages")) stages.push_back(stage_of(stage));
  Json out = Json::object();
  for (const auto* state : latest_versions(*model))
    if (stages.empty() || std::find(stages.begin(), stages.end(), state->stage) != stages.end())
      out["model_versions"].push_back(version_json(*model, *state));
  return dump(out);
}

std::string set_alias(Service& service, const Fields& fields) {
  const std::string name = fields.need("name"), alias = fields.need("alias");
  check_alias(alias);
  const auto model = service.registry().need(name);
  const auto& state = need_version(*model, fields);
  change_model(service, name,
               {{"alias", alias}, {"number", state.version.number}, {"version", state.version.record.hex()}});
  return "{}";
}

std::string delete_alias(Service& service, const Fields& fields) {
  const auto model = model_of(service, fields);
  const std::string alias = fields.need("alias");
  if (model->aliases.contains(alias)) change_model(service, model->name, {{"alias", alias}, {"number", 0}});
  return "{}";
}

std::string get_alias(Service& service, const Fields& fields) {
  const auto model = model_of(service, fields);
  const std::string alias = fields.need("alias");
  const VersionState* state = nullptr;
  if (web::equal_names(alias, "latest") && !model->versions.empty()) state = &model->versions.back();
  if (const auto at = model->aliases.find(alias); at != model->aliases.end()) state = model->version(at->second);
  if (state == nullptr)
    throw invalid(
        fmt::format("the registered model \"{}\" has no alias \"{}\"", printable(model->name), printable(alias)));
  return dump({{"model_version", version_json(*model, *state, true)}});
}

std::optional<Worth> version_worth(const RegisteredModel& model, const VersionState& state, meta::Entity entity,
                                   const std::string& key) {
  if (entity == meta::Entity::tag) return tag_worth(state.tags, key);
  if (key == "name") return model.name;
  if (key == "run_id") return text_or(state.version.body, "run_id");
  if (key == "source_path") return source_of(state.version);
  return static_cast<double>(state.version.number);
}

std::string search_versions(Service& service, const Fields& fields) {
  const auto filter = parse_filter(fields.text_or("filter", ""), Domain::model_versions);
  auto orders = parse_orders(fields.texts("order_by"), Domain::model_versions);
  const std::size_t limit = fields.limit(200'000, 200'000), offset = fields.offset();
  const bool prompts = mentions(filter, meta::Entity::tag, k_prompt);
  struct Found {
    std::shared_ptr<const RegisteredModel> model;
    const VersionState* state;
  };
  std::vector<Found> found;
  for (const auto& model : service.registry().all())
    for (const auto& state : model->versions)
      if ((prompts || (!is_prompt(model->tags) && !is_prompt(state.tags))) &&
          matches(filter, [&](meta::Entity entity, const std::string& key) {
            return version_worth(*model, state, entity, key);
          }))
        found.push_back({model, &state});
  if (orders.empty()) orders.push_back({meta::Entity::attribute, "last_updated_timestamp", false});
  std::stable_sort(found.begin(), found.end(), [&](const Found& a, const Found& b) {
    const auto pick = [](const Found& f, const std::string& key) {
      return key == "version_number"       ? f.state->version.number
             : key == "creation_timestamp" ? f.state->created
                                           : f.state->updated;
    };
    for (const auto& order : orders) {
      const int way = order.key == "name"                       ? a.model->name.compare(b.model->name)
                      : pick(a, order.key) < pick(b, order.key) ? -1
                      : pick(a, order.key) > pick(b, order.key) ? 1
                                                                : 0;
      if (way != 0) return order.ascending ? way < 0 : way > 0;
    }
    if (a.model->name != b.model->name) return a.model->name < b.model->name;
    return a.state->version.number > b.state->version.number;
  });
  return page_of(found, "model_versions", offset, limit,
                 [](const Found& one) { return version_json(*one.model, *one.state); });
}

std::string version_answer(Service& service, const Fields& fields) {
  const auto model = model_of(service, fields);
  return dump({{"model_version", version_json(*model, need_version(*model, fields), true)}});
}

std::string download_uri(Service& service, const Fields& fields) {
  const auto model = model_of(service, fields);
  return dump({{"artifact_uri", download_uri_of(need_version(*model, fields).version)}});
}

std::string update_version(Service& service, const Fields& fields) {
  change_version(service, fields, {{"description", fields.text_or("description", "")}});
  return version_answer(service, fields);
}

std::string delete_version(Service& service, const Fields& fields) {
  change_version(service, fields, {{"state", "deleted"}});
  return "{}";
}

std::string set_version_tag(Service& service, const Fields& fields) {
  const meta::KeyValue tag{fields.need("key"), fields.text_or("value", "")};
  check_registry_tag(tag);
  change_version(service, fields, {{"tag", tag.key}, {"value", tag.value}});
  return "{}";
}

std::string delete_version_tag(Service& service, const Fields& fields) {
  const auto model = model_of(service, fields);
  const std::string key = fields.need("key");
  if (need_version(*model, fields).tags.contains(key))
    change_version(service, fields, {{"tag", key}, {"value", nullptr}});
  return "{}";
}

std::string transition(Service& service, const Fields& fields) {
  const std::string stage = stage_of(fields.need("stage"));
  const bool archive = fields.flag("archive_existing_versions");
  if (archive && stage != "Staging" && stage != "Production")
    throw invalid("archive_existing_versions goes with the stages Staging and Production only");
  const auto model = model_of(service, fields);
  const auto number = need_version(*model, fields).version.number;
  change_version(service, fields, {{"stage", stage}});
  for (const auto& state : model->versions)
    if (archive && state.stage == stage && state.version.number != number)
      change_model(service, model->name, {{"number", state.version.number}, {"stage", "Archived"}});
  return version_answer(service, fields);
}

}  // namespace

std::vector<Endpoint> registry_endpoints() {
  using enum web::Permission;
  return {{"POST", "/2.0/mlflow/registered-models/create", write, create},
          {"GET", "/2.0/mlflow/registered-models/get", read, get},
          {"PATCH", "/2.0/mlflow/registered-models/update", write, update},
          {"POST", "/2.0/mlflow/registered-models/rename", write, rename},
          {"DELETE", "/2.0/mlflow/registered-models/delete", write, remove},
          {"POST", "/2.0/mlflow/registered-models/set-tag", write, set_tag},
          {"DELETE", "/2.0/mlflow/registered-models/delete-tag", write, delete_tag},
          {"GET", "/2.0/mlflow/registered-models/search", read, search},
          {"POST", "/2.0/mlflow/registered-models/get-latest-versions", read, latest},
          {"GET", "/2.0/mlflow/registered-models/get-latest-versions", read, latest},
          {"POST", "/2.0/mlflow/registered-models/alias", write, set_alias},
          {"DELETE", "/2.0/mlflow/registered-models/alias", write, delete_alias},
          {"GET", "/2.0/mlflow/registered-models/alias", read, get_alias},
          {"POST", "/2.0/mlflow/model-versions/create", write, create_version},
          {"GET", "/2.0/mlflow/model-versions/get", read, version_answer},
          {"GET", "/2.0/mlflow/model-versions/get-download-uri", read, download_uri},
          {"PATCH", "/2.0/mlflow/model-versions/update", write, update_version},
          {"POST", "/2.0/mlflow/model-versions/transition-stage", write, transition},
          {"DELETE", "/2.0/mlflow/model-versions/delete", write, delete_version},
          {"POST", "/2.0/mlflow/model-versions/set-tag", write, set_version_tag},
          {"DELETE", "/2.0/mlflow/model-versions/delete-tag", write, delete_version_tag},
          {"GET", "/2.0/mlflow/model-versions/search", read, search_versions}};
}

}  // namespace mlops::track
