#include "track/registry_json.h"

#include <fmt/format.h>

#include "base/text.h"
#include "track/keys.h"
#include "track/registry_view.h"

namespace mlops::track {
namespace {

using registry::RegisteredModel;
using registry::VersionState;

Json tags_json(const std::map<std::string, std::string>& tags) {
  Json out = Json::array();
  for (const auto& [key, value] : tags) out.push_back({{"key", key}, {"value", value}});
  return out;
}

}  // namespace

Json version_json(const RegisteredModel& model, const VersionState& state, bool aliases) {
  const Json& body = state.version.body;
  Json out{{"name", model.name},
           {"version", std::to_string(state.version.number)},
           {"creation_timestamp", state.created / 1000},
           {"last_updated_timestamp", state.updated / 1000},
           {"current_stage", state.stage},
           {"description", state.description},
           {"source", source_of(state.version)},
           {"run_id", text_or(body, "run_id")},
           {"run_link", text_or(body, "run_link")},
           {"status", "READY"}};
  if (const std::string id = text_or(body, "model_id"); !id.empty()) out["model_id"] = id;
  if (!state.tags.empty()) out["tags"] = tags_json(state.tags);
  if (aliases)
    for (const auto& [alias, number] : model.aliases)
      if (number == state.version.number) out["aliases"].push_back(alias);
  return out;
}

std::vector<const VersionState*> latest_versions(const RegisteredModel& model) {
  std::map<std::string, const VersionState*> highest;
  for (const auto& state : model.versions) highest[state.stage] = &state;
  std::vector<const VersionState*> out;
  for (const auto& [stage, state] : highest) out.push_back(state);
  return out;
}

Json model_json(const RegisteredModel& model) {
  Json out{{"name", model.name},
           {"creation_timestamp", model.created / 1000},
           {"last_updated_timestamp", model.updated / 1000}};
  if (!model.description.empty()) out["description"] = model.description;
  if (!model.tags.empty()) out["tags"] = tags_json(model.tags);
  for (const auto& [alias, number] : model.aliases)
    out["aliases"].push_back({{"alias", alias}, {"version", std::to_string(number)}});
  for (const auto* state : latest_versions(model)) out["latest_versions"].push_back(version_json(model, *state));
  return out;
}

std::string download_uri_of(const registry::ModelVersion& version) {
  return fmt::format("mlflow-artifacts:/registry/{}/{}", version.name, version.number);
}

std::string source_of(const registry::ModelVersion& version) {
  const std::string source = text_or(version.body, "source");
  return source.empty() ? download_uri_of(version) : source;
}

const VersionState& need_version(const RegisteredModel& model, const Fields& fields) {
  std::int64_t number = 0;
  try {
    number = fields.need_integer("version");
  } catch (const ApiError&) {
    throw invalid(fmt::format("\"{}\" is not a version's number", printable(fields.text_or("version", ""))));
  }
  const auto* state = model.version(number);
  if (state == nullptr)
    throw missing(fmt::format("the registered model \"{}\" has no version {}", printable(model.name), number));
  return *state;
}

void check_registry_tag(const meta::KeyValue& tag) {
  check_key(tag.key, "tag");
  check_length(tag.value, 100'000, "the value of a tag");
}

void change_model(Service& service, const std::string& name, const Json& change) {
  service.registry().change(name, change, [&](const RegisteredModel* model) {
    if (model == nullptr) throw missing(fmt::format("there is no registered model \"{}\"", printable(name)));
  });
}

void change_version(Service& service, const Fields& fields, Json change) {
  const auto model = service.registry().need(fields.need("name"));
  change["number"] = need_version(*model, fields).version.number;
  change_model(service, model->name, change);
}

void copy_model(Service& service, const RegisteredModel& model, const std::string& to) {
  if (!model.description.empty()) change_model(service, to, {{"description", model.description}});
  for (const auto& [key, value] : model.tags) change_model(service, to, {{"tag", key}, {"value", value}});
  for (const auto& state : model.versions) {
    Json record = state.version.body;
    record["previous"] = state.version.record.hex();
    record["name"] = to;
    record["description"] = state.description;
    record["tags"] = state.tags;
    record["source"] = text_or(state.version.body, "source");
    record.erase("time");
    service.registry().add_version(
        to, record, [](const RegisteredModel*) {}, state.version.number);
    if (state.stage != "None") change_model(service, to, {{"number", state.version.number}, {"stage", state.stage}});
  }
  for (const auto& [alias, number] : model.aliases) change_model(service, to, {{"alias", alias}, {"number", number}});
}

}  // namespace mlops::track
