#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "track/filter_parse.h"
#include "track/keys.h"
#include "track/runs.h"

namespace mlops::track {
namespace {

using meta::Experiment;
using meta::TrackingTables;
using meta::Values;

Json tags_json(const std::vector<meta::KeyValue>& tags) {
  Json out = Json::array();
  for (const auto& tag : tags) out.push_back({{"key", tag.key}, {"value", tag.value}});
  return out;
}

Json to_json(const Experiment& experiment) {
  Json out{{"experiment_id", std::to_string(experiment.id)},
           {"name", experiment.name},
           {"artifact_location", experiment.location},
           {"lifecycle_stage", experiment.deleted ? "deleted" : "active"},
           {"creation_time", experiment.created},
           {"last_update_time", experiment.updated}};
  if (!experiment.tags.empty()) out["tags"] = tags_json(experiment.tags);
  return out;
}

void check_tag(const meta::KeyValue& tag) {
  check_key(tag.key, "tag");
  check_length(tag.value, 20'000, "the value of a tag");
}

std::string create(Service& service, const Fields& fields) {
  Experiment made{0,  fields.need("name"), fields.text_or("artifact_location", ""), false, now_millis(), now_millis(),
                  {}, fields.pairs("tags")};
  check_experiment_name(made.name);
  check_length(made.location, 2048, "artifact_location");
  if (made.location.starts_with("runs:")) throw invalid("artifact_location can't be a runs:/ URI");
  if (proxied(made.location))
    (void)(trim(made.location.substr(17)) == "/" ? std::string() : proxied_path(made.location));
  for (const auto& tag : made.tags) check_tag(tag);
  service.write([&](TrackingTables& tables) {
    if (const auto other = tables.experiment(made.name))
      throw already_exists(fmt::format("the experiment \"{}\" exists already{}", made.name,
                                       other->deleted ? ", deleted: restore it, or take another name" : ""));
    made.id = 0;
    made.id = tables.add_experiment(made);
    if (made.location.empty()) {
      made.location = fmt::format("mlflow-artifacts:/{}", made.id);
      tables.update_experiment(made);
      made.location.clear();
    }
    for (const auto& tag : made.tags) tables.set_value(Values::experiment_tag, made.id, tag.key, tag.value);
    tables.touch_experiment(made.id);
  });
  service.changed();
  return dump({{"experiment_id", std::to_string(made.id)}});
}

std::string get(Service& service, const Fields& fields) {
  Json out;
  service.read([&](TrackingTables& tables) { out = to_json(need_experiment(tables, fields)); });
  return dump({{"experiment", out}});
}

std::string get_by_name(Service& service, const Fields& fields) {
  const std::string name = fields.need("experiment_name");
  Json out;
  service.read([&](TrackingTables& tables) {
    const auto found = tables.experiment(name);
    if (!found) throw missing(fmt::format("there is no experiment \"{}\"", printable(name)));
    out = to_json(*found);
  });
  return dump({{"experiment", out}});
}

std::optional<Worth> worth(const Experiment& experiment, meta::Entity entity, const std::string& key) {
  if (entity == meta::Entity::tag) {
    for (const auto& tag : experiment.tags)
      if (tag.key == key) return tag.value;
    return std::nullopt;
  }
  if (key == "name") return experiment.name;
  if (key == "experiment_id") return std::to_string(experiment.id);
  return static_cast<double>(key == "creation_time" ? experiment.created : experiment.updated);
}

int compare(const Experiment& a, const Experiment& b, const std::string& key) {
  if (key == "name") return a.name.compare(b.name);
  const auto pick = [&](const Experiment& e) {
    return key == "experiment_id" ? e.id : key == "creation_time" ? e.created : e.updated;
  };
  return pick(a) < pick(b) ? -1 : pick(a) > pick(b) ? 1 : 0;
}

void sort(std::vector<Experiment>& found, std::vector<meta::OrderBy> orders) {
  if (orders.empty()) orders = {{meta::Entity::attribute, "creation_time", false}};
  std::stable_sort(found.begin(), found.end(), [&](const Experiment& a, const Experiment& b) {
    for (const auto& order : orders)
      if (const int way = compare(a, b, order.key); way != 0) return order.ascending ? way < 0 : way > 0;
    return a.id > b.id;
  });
}

bool in_view(const std::string& view, bool deleted) {
  if (view == "ALL") return true;
  if (view == "DELETED_ONLY") return deleted;
  if (view.empty() || view == "ACTIVE_ONLY") return !deleted;
  throw invalid(fmt::format("\"{}\" is no view; there are ACTIVE_ONLY, DELETED_ONLY and ALL", printable(view)));
}

std::string search(Service& service, const Fields& fields) {
  if (!fields.has("max_results")) throw invalid("the field 'max_results' is missing");
  const std::size_t limit = fields.limit(1000, 50'000), offset = fields.offset();
  const auto filter = parse_filter(fields.text_or("filter", ""), Domain::experiments);
  const auto orders = parse_orders(fields.texts("order_by"), Domain::experiments);
  const std::string view = fields.text_or("view_type", "");
  (void)in_view(view, false);
  std::vector<Experiment> found;
  service.read([&](TrackingTables& tables) {
    for (auto& experiment : tables.experiments())
      if (in_view(view, experiment.deleted) &&
          matches(filter, [&](meta::Entity entity, const std::string& key) { return worth(experiment, entity, key); }))
        found.push_back(std::move(experiment));
  });
  sort(found, orders);
  Json out = Json::object();
  for (std::size_t i = offset; i < std::min(found.size(), offset + limit); ++i)
    out["experiments"].push_back(to_json(found[i]));
  if (found.size() > offset + limit) out["next_page_token"] = page_token(offset + limit);
  return dump(out);
}

std::string update(Service& service, const Fields& fields) {
  const auto name = fields.text("new_name");
  if (name) check_experiment_name(*name);
  service.write([&](TrackingTables& tables) {
    Experiment experiment = need_experiment(tables, fields);
    if (experiment.deleted) throw invalid(fmt::format("experiment {} is deleted and can't be renamed", experiment.id));
    if (!name) return;
    if (const auto other = tables.experiment(*name); other && other->id != experiment.id)
      throw already_exists(fmt::format("the experiment \"{}\" exists already", *name));
    experiment.name = *name;
    experiment.updated = now_millis();
    tables.update_experiment(experiment);
    tables.touch_experiment(experiment.id);
  });
  service.changed();
  return "{}";
}

std::string set_deleted(Service& service, const Fields& fields, bool deleted) {
  service.write([&](TrackingTables& tables) {
    Experiment experiment = need_experiment(tables, fields);
    if (experiment.deleted == deleted)
      throw missing(fmt::format("there is no {} experiment {}", deleted ? "active" : "deleted", experiment.id));
    experiment.deleted = deleted;
    experiment.updated = now_millis();
    tables.update_experiment(experiment);
    tables.touch_experiment(experiment.id);
    tables.delete_runs_of(experiment.id, deleted);
  });
  service.changed();
  return "{}";
}

std::string remove(Service& service, const Fields& fields) { return set_deleted(service, fields, true); }
std::string restore(Service& service, const Fields& fields) { return set_deleted(service, fields, false); }

std::string set_tag(Service& service, const Fields& fields) {
  const meta::KeyValue tag{fields.need("key"), fields.text_or("value", "")};
  check_tag(tag);
  service.write([&](TrackingTables& tables) {
    const Experiment experiment = active_experiment(tables, need_experiment(tables, fields).id);
    tables.set_value(Values::experiment_tag, experiment.id, tag.key, tag.value);
    tables.touch_experiment(experiment.id);
  });
  service.changed();
  return "{}";
}

std::string delete_tag(Service& service, const Fields& fields) {
  const std::string key = fields.need("key");
  service.write([&](TrackingTables& tables) {
    const Experiment experiment = active_experiment(tables, need_experiment(tables, fields).id);
    if (!tables.remove_value(Values::experiment_tag, experiment.id, key))
      throw missing(fmt::format("experiment {} has no tag \"{}\"", experiment.id, printable(key)));
    tables.touch_experiment(experiment.id);
  });
  service.changed();
  return "{}";
}

}  // namespace

meta::Experiment need_experiment(TrackingTables& tables, const Fields& fields) {
  const std::string text = fields.need("experiment_id");
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  auto found =
      error == std::errc{} && end == text.data() + text.size() && id >= 0 ? tables.experiment(id) : std::nullopt;
  if (!found) throw missing(fmt::format("there is no experiment with the id '{}'", printable(text)));
  return *std::move(found);
}

meta::Experiment active_experiment(TrackingTables& tables, std::int64_t id) {
  auto found = tables.experiment(id);
  if (!found) throw missing(fmt::format("there is no experiment with the id '{}'", id));
  if (found->deleted) throw invalid(fmt::format("the experiment {} is deleted", id));
  return *std::move(found);
}

std::vector<Endpoint> experiment_endpoints() {
  using enum web::Permission;
  return {{"POST", "/2.0/mlflow/experiments/create", write, create},
          {"GET", "/2.0/mlflow/experiments/get", web::Permission::read, get},
          {"GET", "/2.0/mlflow/experiments/get-by-name", web::Permission::read, get_by_name},
          {"POST", "/2.0/mlflow/experiments/search", web::Permission::read, search},
          {"GET", "/2.0/mlflow/experiments/search", web::Permission::read, search},
          {"POST", "/2.0/mlflow/experiments/update", write, update},
          {"POST", "/2.0/mlflow/experiments/delete", write, remove},
          {"POST", "/2.0/mlflow/experiments/restore", write, restore},
          {"POST", "/2.0/mlflow/experiments/set-experiment-tag", write, set_tag},
          {"POST", "/2.0/mlflow/experiments/delete-experiment-tag", write, delete_tag}};
}

}  // namespace mlops::track
