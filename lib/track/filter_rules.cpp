#include "track/filter_rules.h"

#include <fmt/format.h>

#include <span>
#include <vector>

#include "base/text.h"
#include "track/api_error.h"

namespace mlops::track {
namespace {

using meta::Entity;

struct Attribute {
  std::string_view name, stored;
  bool numeric = false, lists = false, filter = true, order = true;
};

std::span<const Attribute> attributes(Domain domain) {
  static constexpr Attribute k_runs[] = {{"run_id", "run_id", false, true},
                                         {"run_name", "run_name"},
                                         {"run name", "run_name"},
                                         {"Run name", "run_name"},
                                         {"status", "status"},
                                         {"artifact_uri", "artifact_uri"},
                                         {"user_id", "user_id"},
                                         {"start_time", "start_time", true},
                                         {"created", "start_time", true},
                                         {"Created", "start_time", true},
                                         {"end_time", "end_time", true},
                                         {"experiment_id", "experiment_id", false, true}};
  static constexpr Attribute k_experiments[] = {{"name", "name"},
                                                {"experiment_id", "experiment_id", false, true},
                                                {"creation_time", "creation_time", true},
                                                {"last_update_time", "last_update_time", true}};
  static constexpr Attribute k_models[] = {{"name", "name", false, true},
                                           {"timestamp", "last_updated_timestamp", true, false, false},
                                           {"last_updated_timestamp", "last_updated_timestamp", true, false, false}};
  static constexpr Attribute k_versions[] = {{"name", "name", false, true},
                                             {"run_id", "run_id", false, true, true, false},
                                             {"source_path", "source_path", false, false, true, false},
                                             {"version_number", "version_number", true},
                                             {"creation_timestamp", "creation_timestamp", true, false, false},
                                             {"last_updated_timestamp", "last_updated_timestamp", true, false, false}};
  static constexpr Attribute k_logged[] = {{"name", "name", false, true},
                                           {"model_id", "model_id", false, true},
                                           {"status", "status", false, true},
                                           {"model_type", "model_type", false, true},
                                           {"source_run_id", "source_run_id", false, true},
                                           {"experiment_id", "experiment_id", false, true},
                                           {"artifact_uri", "artifact_uri", false, true},
                                           {"creation_timestamp", "creation_timestamp", true},
                                           {"creation_time", "creation_timestamp", true},
                                           {"last_updated_timestamp", "last_updated_timestamp", true},
                                           {"last_updated_time", "last_updated_timestamp", true}};
  switch (domain) {
    case Domain::runs:
      return k_runs;
    case Domain::experiments:
      return k_experiments;
    case Domain::registered_models:
      return k_models;
    case Domain::model_versions:
      return k_versions;
    case Domain::logged_models:
      return k_logged;
  }
  return {};
}

std::optional<Entity> entity_of(Domain domain, std::string_view name) {
  const bool runs = domain == Domain::runs, logged = domain == Domain::logged_models;
  const bool registry = domain == Domain::registered_models || domain == Domain::model_versions;
  const auto any = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (name.empty() || any({"attribute", "attributes"}) || (any({"attr", "run"}) && runs)) return Entity::attribute;
  if (any({"tag", "tags"}) && (runs || registry || logged || domain == Domain::experiments)) return Entity::tag;
  if (any({"metrics", "metric"}) && (runs || logged)) return Entity::metric;
  if ((any({"params", "param"}) && (runs || logged)) || (any({"parameter", "parameters"}) && runs))
    return Entity::param;
  if (any({"dataset", "datasets"}) && runs) return Entity::dataset;
  return std::nullopt;
}

const char* what_is_searched(Domain domain) {
  static constexpr const char* k_names[] = {"runs", "experiments", "registered models", "model versions",
                                            "logged models"};
  return k_names[static_cast<int>(domain)];
}

KeyRule attribute_rule(Domain domain, std::string_view key, bool order) {
  std::vector<std::string> names;
  for (const auto& attribute : attributes(domain)) {
    if (!(order ? attribute.order : attribute.filter)) continue;
    if (attribute.name == key)
      return {Entity::attribute, std::string(attribute.stored), attribute.numeric, attribute.lists, false};
    names.emplace_back(attribute.name);
  }
  throw invalid(fmt::format("{} have no attribute \"{}\" to {} by; there are {}", what_is_searched(domain),
                            printable(key), order ? "order" : "search", join(names, ", ")));
}

KeyRule rule(Domain domain, std::string_view entity, std::string_view key, bool order) {
  const auto found = entity_of(domain, entity);
  if (!found)
    throw invalid(
        fmt::format("{} can't be searched by \"{}.{}\"", what_is_searched(domain), printable(entity), printable(key)));
  if (*found == Entity::attribute) return attribute_rule(domain, key, order);
  if (key.empty()) throw invalid(fmt::format("a name is missing behind \"{}.\"", printable(entity)));
  if (*found == Entity::dataset) {
    if (order || (key != "name" && key != "digest" && key != "context"))
      throw invalid("of a dataset there are name, digest and context to search by");
    return {*found, std::string(key), false, true, false};
  }
  return {*found, std::string(key), *found == Entity::metric,
          domain == Domain::logged_models && *found != Entity::metric, true};
}

}  // namespace

KeyRule filter_rule(Domain domain, std::string_view entity, std::string_view key) {
  return rule(domain, entity, key, false);
}

KeyRule order_rule(Domain domain, std::string_view entity, std::string_view key) {
  KeyRule out = rule(domain, entity, key, true);
  const bool may = out.entity == Entity::attribute || domain == Domain::runs ||
                   (domain == Domain::logged_models && out.entity == Entity::metric);
  if (!may)
    throw invalid(
        fmt::format("{} can't be ordered by \"{}.{}\"", what_is_searched(domain), printable(entity), printable(key)));
  return out;
}

}  // namespace mlops::track
