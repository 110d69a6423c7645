// What the registry's calls share: shapes of answers, and changes.
#pragma once

#include "register/registry.h"
#include "track/service.h"

namespace mlops::track {

Json model_json(const registry::RegisteredModel& model);
// `aliases` stand in get, update and by-alias, not in searches.
Json version_json(const registry::RegisteredModel& model, const registry::VersionState& state, bool aliases = false);
// The highest of each stage.
std::vector<const registry::VersionState*> latest_versions(const registry::RegisteredModel& model);
// As its maker named it; versions that `register add` made lie at their download URI.
std::string source_of(const registry::ModelVersion& version);
std::string download_uri_of(const registry::ModelVersion& version);

const registry::VersionState& need_version(const registry::RegisteredModel& model, const Fields& fields);
void check_registry_tag(const meta::KeyValue& tag);
void change_model(Service& service, const std::string& name, const Json& change);  // 404 where there is none
void change_version(Service& service, const Fields& fields, Json change);
void copy_model(Service& service, const registry::RegisteredModel& model, const std::string& to);
std::string create_version(Service& service, const Fields& fields);  // create_version.cpp

}  // namespace mlops::track
