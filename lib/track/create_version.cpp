// A model version out of what a client names as its source.
#include <fmt/format.h>

#include "base/text.h"
#include "data/object_json.h"
#include "store/tree.h"
#include "track/artifacts.h"
#include "track/keys.h"
#include "track/registry_json.h"
#include "track/registry_view.h"
#include "track/runs.h"
#include "train/runs.h"

namespace mlops::track {
namespace {

using meta::TrackingTables;

// Where the bytes of a version lie, and what it comes from.
struct Source {
  std::string path;  // of artifacts; "" where `object` is set
  std::optional<store::ObjectRef> object{};
  std::string run_id{}, model_id{};
};

bool inside(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory + "/");
}

void check_inside_run(TrackingTables& tables, const std::string& path, const std::string& run_id) {
  if (run_id.empty()) return;
  const auto run = need_run(tables, run_id);
  if (proxied(run.location) && inside(path, proxied_path(run.location))) return;
  for (const auto& use : tables.view(run).outputs)
    if (const auto model = tables.logged_model(use.model);
        model && inside(path, proxied_path(text_or(model->body, "artifact_uri"))))
      return;
  throw invalid(fmt::format("the source of a model version must lie inside its run {}", run_id));
}

Source logged_source(TrackingTables& tables, const std::string& id) {
  const auto model = tables.logged_model(id);
  if (!model || model->deleted) throw missing(fmt::format("there is no logged model with the id '{}'", printable(id)));
  return {proxied_path(text_or(model->body, "artifact_uri")), std::nullopt, text_or(model->body, "source_run_id"), id};
}

// runs:/RUN/PATH: an artifact of the run, else the logged model of that name.
Source run_source(Service& service, TrackingTables& tables, std::string_view rest) {
  const auto slash = rest.find('/');
  const auto run = need_run(tables, std::string(rest.substr(0, slash)));
  const std::string below = slash == std::string_view::npos ? "" : artifact_path(rest.substr(slash + 1));
  const std::string path = proxied_path(run.location) + (below.empty() ? "" : "/" + below);
  if (find_artifact(service, tables, path)) return {path, std::nullopt, run.id, ""};
  for (const auto& use : tables.view(run).outputs)
    if (const auto model = tables.logged_model(use.model); model && text_or(model->body, "name") == below)
      return logged_source(tables, use.model);
  return {path, std::nullopt, run.id, ""};
}

Source copied_source(Service& service, const std::string& rest) {
  const auto slash = rest.rfind('/');
  const auto model = service.registry().need(rest.substr(0, slash));
  const auto& state = need_version(*model, Fields(Json{{"version", rest.substr(slash + 1)}}));
  return {"", state.version.object, text_or(state.version.body, "run_id"), text_or(state.version.body, "model_id")};
}

Source resolve(Service& service, TrackingTables& tables, const std::string& source, const std::string& run_id) {
  if (source.starts_with("models:/m-") && source.find('/', 8) == std::string::npos)
    return logged_source(tables, source.substr(8));
  if (source.starts_with("runs:/")) {
    Source out = run_source(service, tables, std::string_view(source).substr(6));
    check_inside_run(tables, out.path, run_id);
    return out;
  }
  if (!proxied(source))
    throw invalid(
        fmt::format("\"{}\" can't be the source of a model version: models:/, runs:/ and mlflow-artifacts:/ are taken",
                    printable(source.substr(0, 200))));
  Source out{proxied_path(source), std::nullopt, run_id, ""};
  check_inside_run(tables, out.path, run_id);
  return out;
}

void add_run(TrackingTables& tables, const std::string& run_id, Json& record) {
  const auto run = run_id.empty() ? std::nullopt : tables.run(run_id);
  if (!run) return;
  record["run_id"] = run_id;
  if (!run->sealed.empty()) record["run"] = run->sealed;
  record["metrics"] = Json::object();
  for (const auto& point : tables.view(*run).metrics) record["metrics"][point.key] = point.value;
}

Json signature_of(Service& service, const store::ObjectRef& object, const std::string& path) {
  try {
    return registry::model_signature(service.repository().store(), object, path);
  } catch (const Error&) {
    return Json::object();  // no model that we can read; it may still be downloaded
  }
}

void link_logged_model(Service& service, const std::string& id, const std::string& name, std::int64_t number) {
  service.write([&](TrackingTables& tables) {
    auto model = tables.logged_model(id);
    if (!model) return;
    Json& tag = model->body["tags"]["mlflow.modelVersions"];
    Json versions = Json::array();
    try {
      if (tag.is_string()) versions = parse_json(tag.get<std::string>(), "mlflow.modelVersions");
    } catch (const Error&) {
      versions = Json::array();
    }
    versions.push_back({{"name", name}, {"version", number}});
    tag = dump(versions);
    tables.put_logged_model(*model);
    tables.touch_logged_model(id);
  });
  service.changed();
}

}  // namespace

std::string create_version(Service& service, const Fields& fields) {
  const std::string name = fields.need("name"), source = fields.need("source"), run_id = fields.text_or("run_id", "");
  const auto tags = fields.pairs("tags");
  for (const auto& tag : tags) check_registry_tag(tag);
  if (service.registry().find(name) == nullptr)
    throw missing(fmt::format("there is no registered model \"{}\"", printable(name)));
  Json record{{"type", "model"},
              {"version", 1},
              {"name", name},
              {"author", service.user},
              {"source", source},
              {"run_link", fields.text_or("run_link", "")},
              {"description", fields.text_or("description", "")}};
  for (const auto& tag : tags) record["tags"][tag.key] = tag.value;
  const auto writer = service.repository().store().writer();
  Source from;
  SealedArtifacts artifacts;
  const bool copy = source.starts_with("models:/") && !source.starts_with("models:/m-");
  if (copy) from = copied_source(service, source.substr(8));
  service.read([&](TrackingTables& tables) {
    if (!copy) from = resolve(service, tables, source, run_id);
    if (from.object)
      artifacts.object = *from.object;
    else
      artifacts = seal_artifacts(service, *writer, tables, from.path);
    add_run(tables, from.run_id.empty() ? run_id : from.run_id, record);
  });
  writer->commit();
  const std::string model_id = fields.text_or("model_id", from.model_id);
  if (!model_id.empty()) record["model_id"] = model_id;
  record["object"] = data::to_json(artifacts.object);
  record["path"] = from.path.empty() ? name : from.path;
  record["signature"] = signature_of(service, artifacts.object, text_or(record, "path"));
  service.registry().add_version(name, record, [&](const registry::RegisteredModel* model) {
    if (model == nullptr) throw missing(fmt::format("there is no registered model \"{}\"", printable(name)));
  });
  const auto number = integer_or(record, "number");
  if (!model_id.empty()) link_logged_model(service, model_id, name, number);
  const auto model = service.registry().need(name);
  return dump({{"model_version", version_json(*model, *model->version(number))}});
}

}  // namespace mlops::track
