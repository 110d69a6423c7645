// Logged models: what every log_model of a client makes.
#include <fmt/format.h>

#include <cmath>

#include "base/hash.h"
#include "base/text.h"
#include "track/filter_parse.h"
#include "track/keys.h"
#include "track/runs.h"

namespace mlops::track {
namespace {

using meta::LoggedModel;
using meta::TrackingTables;

Json pairs_json(const Json& values) {
  Json out = Json::array();
  for (const auto& [key, value] : values.items()) out.push_back({{"key", key}, {"value", value}});
  return out;
}

Json point_json(const std::string& model, const meta::ModelPoint& one) {
  Json out{{"key", one.point.key},        {"value", number_json(one.point.value)},
           {"timestamp", one.point.time}, {"step", one.point.step},
           {"model_id", model},           {"run_id", one.run}};
  if (!one.dataset.empty()) out["dataset_name"] = one.dataset;
  if (!one.digest.empty()) out["dataset_digest"] = one.digest;
  return out;
}

Json to_json(const LoggedModel& model, const std::vector<meta::ModelPoint>& points) {
  const Json& body = model.body;
  Json info{{"model_id", model.id},
            {"experiment_id", std::to_string(model.experiment)},
            {"name", text_or(body, "name")},
            {"creation_timestamp_ms", model.created},
            {"last_updated_timestamp_ms", integer_or(body, "updated")},
            {"artifact_uri", text_or(body, "artifact_uri")},
            {"status", text_or(body, "status")},
            {"model_type", text_or(body, "model_type")}};
  if (const std::string run = text_or(body, "source_run_id"); !run.empty()) info["source_run_id"] = run;
  if (const Json tags = body.value("tags", Json::object()); !tags.empty()) info["tags"] = pairs_json(tags);
  Json data = Json::object();
  if (const Json params = body.value("params", Json::object()); !params.empty()) data["params"] = pairs_json(params);
  for (const auto& point : points) data["metrics"].push_back(point_json(model.id, point));
  return {{"info", info}, {"data", data}};
}

std::string answer(TrackingTables& tables, const LoggedModel& model) {
  return dump({{"model", to_json(model, tables.model_points(model.id))}});
}

LoggedModel need_model(TrackingTables& tables, const std::string& id) {
  auto found = tables.logged_model(id);
  if (!found || found->deleted)
    throw missing(fmt::format("there is no logged model with the id '{}'", printable(id.substr(0, 100))));
  return *std::move(found);
}

void store_model(Service& service, TrackingTables& tables, LoggedModel& model) {
  model.body["updated"] = now_millis();
  tables.put_logged_model(model);
  tables.touch_logged_model(model.id);
  service.changed();
}

std::string create(Service& service, const Fields& fields) {
  LoggedModel model;
  model.id = "m-" + random_hex(32);
  model.created = now_millis();
  const std::string name = fields.text_or("name", "");
  if (!name.empty()) check_logged_model_name(name);
  model.body = {{"name", name.empty() ? model.id : name},
                {"status", "LOGGED_MODEL_PENDING"},
                {"model_type", fields.text_or("model_type", "")},
                {"source_run_id", fields.text_or("source_run_id", "")},
                {"params", Json::object()},
                {"tags", Json::object()}};
  for (const auto& param : fields.pairs("params")) model.body["params"][param.key] = cut(param.value, k_param_text);
  for (const auto& tag : fields.pairs("tags")) model.body["tags"][tag.key] = cut(tag.value, k_tag_text);
  std::string out;
  service.write([&](TrackingTables& tables) {
    const auto experiment = active_experiment(tables, need_experiment(tables, fields).id);
    model.experiment = experiment.id;
    model.body["artifact_uri"] = fmt::format("{}/models/{}/artifacts", experiment.location, model.id);
    store_model(service, tables, model);
    out = answer(tables, model);
  });
  return out;
}

std::string get(Service& service, const Fields& fields) {
  const std::string id = fields.need("model_id");
  std::string out;
  service.read([&](TrackingTables& tables) { out = answer(tables, need_model(tables, id)); });
  return out;
}

// One write on a model; the answer is the model as it is then.
std::string change(Service& service, const Fields& fields, const std::function<void(LoggedModel&)>& work) {
  const std::string id = fields.need("model_id");
  std::string out;
  service.write([&](TrackingTables& tables) {
    LoggedModel model = need_model(tables, id);
    work(model);
    store_model(service, tables, model);
    out = answer(tables, model);
  });
  return out;
}

std::string finalize(Service& service, const Fields& fields) {
  const std::string status = fields.need("status");
  if (status != "LOGGED_MODEL_READY" && status != "LOGGED_MODEL_UPLOAD_FAILED" && status != "LOGGED_MODEL_PENDING")
    throw invalid(fmt::format("\"{}\" is no status of a logged model", printable(status)));
  return change(service, fields, [&](LoggedModel& model) { model.body["status"] = status; });
}

std::string remove(Service& service, const Fields& fields) {
  change(service, fields, [](LoggedModel& model) { model.deleted = true; });
  return "{}";
}

std::string set_tags(Service& service, const Fields& fields) {
  const auto tags = fields.pairs("tags");
  for (const auto& tag : tags) check_key(tag.key, "tag");
  return change(service, fields, [&](LoggedModel& model) {
    for (const auto& tag : tags) model.body["tags"][tag.key] = cut(tag.value, k_tag_text);
  });
}

std::string delete_tag(Service& service, const Fields& fields) {
  const std::string key = fields.need("key");
  change(service, fields, [&](LoggedModel& model) {
    if (model.body["tags"].erase(key) == 0)
      throw missing(fmt::format("the logged model {} has no tag \"{}\"", model.id, printable(key)));
  });
  return "{}";
}

std::string log_params(Service& service, const Fields& fields) {
  const auto params = fields.pairs("params");
  for (const auto& param : params) check_key(param.key, "parameter");
  change(service, fields, [&](LoggedModel& model) {
    for (const auto& param : params) model.body["params"][param.key] = cut(param.value, k_param_text);
  });
  return "{}";
}

struct Candidate {
  LoggedModel model;
  std::vector<meta::ModelPoint> points;
};

// The newest value of a metric, of those about one data set where one is named.
std::optional<double> newest(const std::vector<meta::ModelPoint>& points, const std::string& key,
                             const std::string& dataset, const std::string& digest) {
  const meta::ModelPoint* best = nullptr;
  for (const auto& point : points) {
    if (point.point.key != key || (!dataset.empty() && point.dataset != dataset) ||
        (!digest.empty() && point.digest != digest))
      continue;
    if (best == nullptr ||
        std::pair(point.point.time, point.point.step) >= std::pair(best->point.time, best->point.step))
      best = &point;
  }
  return best == nullptr ? std::nullopt : std::optional(best->point.value);
}

std::optional<Worth> worth(const Candidate& candidate, meta::Entity entity, const std::string& key,
                           const std::string& dataset = "", const std::string& digest = "") {
  const LoggedModel& model = candidate.model;
  if (entity == meta::Entity::metric) {
    const auto value = newest(candidate.points, key, dataset, digest);
    return value ? std::optional<Worth>(*value) : std::nullopt;
  }
  if (entity == meta::Entity::tag || entity == meta::Entity::param) {
    const Json values = model.body.value(entity == meta::Entity::tag ? "tags" : "params", Json::object());
    return values.contains(key) && values[key].is_string() ? std::optional<Worth>(values[key].get<std::string>())
                                                           : std::nullopt;
  }
  if (key == "model_id") return model.id;
  if (key == "experiment_id") return std::to_string(model.experiment);
  if (key == "creation_timestamp") return static_cast<double>(model.created);
  if (key == "last_updated_timestamp") return static_cast<double>(integer_or(model.body, "updated"));
  return text_or(model.body, key);
}

struct Order {
  meta::OrderBy by;
  std::string dataset, digest;
};

std::vector<Order> orders_of(const Fields& fields) {
  std::vector<Order> out;
  for (const auto& item : fields.objects("order_by")) {
    const std::string name = item.need("field_name");
    Order order{parse_order(name, Domain::logged_models), item.text_or("dataset_name", ""),
                item.text_or("dataset_digest", "")};
    order.by.ascending = !item.has("ascending") || item.flag("ascending");
    out.push_back(std::move(order));
  }
  return out;
}

bool before(const Candidate& a, const Candidate& b, const std::vector<Order>& orders) {
  for (const auto& order : orders) {
    const auto left = worth(a, order.by.entity, order.by.key, order.dataset, order.digest),
               right = worth(b, order.by.entity, order.by.key, order.dataset, order.digest);
    if (left.has_value() != right.has_value()) return left.has_value();
    if (!left || *left == *right) continue;
    return order.by.ascending ? *left < *right : *left > *right;
  }
  if (a.model.created != b.model.created) return a.model.created > b.model.created;
  return a.model.id < b.model.id;
}

std::string search(Service& service, const Fields& fields) {
  const auto filter = parse_filter(fields.text_or("filter", ""), Domain::logged_models);
  const auto orders = orders_of(fields);
  const std::size_t limit = fields.limit(50, 1000), offset = fields.offset();
  std::vector<std::pair<std::string, std::string>> datasets;
  for (const auto& dataset : fields.objects("datasets"))
    datasets.emplace_back(dataset.need("dataset_name"), dataset.text_or("dataset_digest", ""));
  std::vector<Candidate> found;
  service.read([&](TrackingTables& tables) {
    for (const auto& id : fields.texts("experiment_ids"))
      for (auto& model : tables.logged_models(*Fields(Json{{"id", id}}).integer("id"))) {
        Candidate candidate{std::move(model), {}};
        candidate.points = tables.model_points(candidate.model.id);
        const auto holds = [&](const std::string& dataset, const std::string& digest) {
          return matches(filter, [&](meta::Entity entity, const std::string& key) {
            return worth(candidate, entity, key, dataset, digest);
          });
        };
        const bool hit = datasets.empty() ? holds("", "")
                                          : std::any_of(datasets.begin(), datasets.end(),
                                                        [&](const auto& one) { return holds(one.first, one.second); });
        if (hit) found.push_back(std::move(candidate));
      }
  });
  std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) { return before(a, b, orders); });
  Json out = Json::object();
  for (std::size_t i = offset; i < std::min(found.size(), offset + limit); ++i)
    out["models"].push_back(to_json(found[i].model, found[i].points));
  if (found.size() > offset + limit) out["next_page_token"] = page_token(offset + limit);
  return dump(out);
}

}  // namespace

std::vector<Endpoint> logged_model_endpoints() {
  using enum web::Permission;
  return {{"POST", "/2.0/mlflow/logged-models", write, create},
          {"POST", "/2.0/mlflow/logged-models/search", read, search},
          {"GET", "/2.0/mlflow/logged-models/{id}", read, get, {"model_id"}},
          {"PATCH", "/2.0/mlflow/logged-models/{id}", write, finalize, {"model_id"}},
          {"DELETE", "/2.0/mlflow/logged-models/{id}", write, remove, {"model_id"}},
          {"PATCH", "/2.0/mlflow/logged-models/{id}/tags", write, set_tags, {"model_id"}},
          {"DELETE", "/2.0/mlflow/logged-models/{id}/tags/{key}", write, delete_tag, {"model_id", "key"}},
          {"POST", "/2.0/mlflow/logged-models/{id}/params", write, log_params, {"model_id"}}};
}

}  // namespace mlops::track
