#include "track/run_record.h"

#include <cmath>

#include "data/object_json.h"
#include "track/artifacts.h"
#include "track/importer.h"
#include "track/keys.h"
#include "track/series.h"

namespace mlops::track {
namespace {

using meta::RunView;
using meta::TrackingTables;

// The revision before, whose fields that tracking does not know (stages, code, environment) stay.
Json revision_before(Service& service, const std::string& sealed) {
  const auto id = Id::from_hex(sealed);
  const auto entry = id ? service.repository().database().find(*id) : std::nullopt;
  if (!entry) return Json::object();
  Json out = entry->body;
  out.erase("time");
  out["previous"] = sealed;
  return out;
}

Json values_json(const std::vector<meta::KeyValue>& values) {
  Json out = Json::object();
  for (const auto& value : values) out[value.key] = value.value;
  return out;
}

// Parameters of a stage keep their type as long as they are the same.
Json params_json(const std::vector<meta::KeyValue>& params, const Json& before) {
  Json out = Json::object();
  for (const auto& param : params) {
    const auto typed = before.find(param.key);
    out[param.key] = typed != before.end() && param_text(*typed) == param.value ? *typed : Json(param.value);
  }
  return out;
}

void add_metrics(Json& record, const RunView& view) {
  record["metrics"] = record["latest"] = Json::object();
  for (const auto& point : view.metrics) {
    record["metrics"][point.key] = point.value;
    record["latest"][point.key] = {{"step", point.step}, {"time", point.time}};
  }
}

void add_series(Service& service, store::Writer& writer, TrackingTables& tables, const RunView& view, Json& record) {
  if (view.metrics.empty()) return;
  web::IncomingBody lines{"", (service.repository().state() / "tmp").string()};
  tables.for_each_point(view.head.n, [&](const meta::Point& point) { append_line(lines, point); });
  const auto file = lines.file != nullptr ? writer.put_file(lines.file->file.get(), "a metric series")
                                          : writer.put_file(std::as_bytes(std::span(lines.text)));
  record["series"] = data::to_json(file);
}

void add_uses(Json& record, const RunView& view) {
  for (const char* key : {"inputs", "models_in", "models_out"}) record.erase(key);
  for (const auto& use : view.datasets) {
    Json input{{"name", use.name},
               {"digest", use.digest},
               {"source_type", use.source_type},
               {"source", use.source},
               {"tags", values_json(use.tags)}};
    if (!use.schema.empty()) input["schema"] = use.schema;
    if (!use.profile.empty()) input["profile"] = use.profile;
    record["inputs"].push_back(std::move(input));
  }
  for (const auto& use : view.inputs) record["models_in"].push_back({{"model_id", use.model}, {"step", use.step}});
  for (const auto& use : view.outputs) record["models_out"].push_back({{"model_id", use.model}, {"step", use.step}});
}

// Nothing where no artifact was logged.
void add_artifacts(Service& service, store::Writer& writer, TrackingTables& tables, const std::string& location,
                   Json& record, Inlined& inlined) {
  record.erase("artifacts");
  if (!proxied(location)) return;
  auto sealed = seal_artifacts(service, writer, tables, proxied_path(location));
  if (sealed.object.files > 0) record["artifacts"] = data::to_json(sealed.object);
  inlined.insert(inlined.end(), sealed.inlined.begin(), sealed.inlined.end());
}

std::string name_of_experiment(TrackingTables& tables, std::int64_t id) {
  const auto experiment = tables.experiment(id);
  return experiment ? experiment->name : "Default";
}

}  // namespace

Json run_record(Service& service, store::Writer& writer, TrackingTables& tables, const meta::RunHead& run,
                Inlined& inlined) {
  const RunView view = tables.view(run);
  Json record = revision_before(service, run.sealed);
  const bool first = record.empty();
  record.update({{"type", "run"},
                 {"version", 1},
                 {"run_id", run.id},
                 {"name", run.name},
                 {"experiment", name_of_experiment(tables, run.experiment)}});
  if (first)
    record.update({{"logged_by", "mlflow"},
                   {"author", run.user.empty() ? service.user : run.user},
                   {"started", to_utc(run.started * 1000)},
                   {"stages", Json::array()}});
  if (first || api_status(text_or(record, "status")) != run.status) record["status"] = record_status(run.status);
  if (run.ended) record["ended"] = to_utc(*run.ended * 1000);
  record["artifact_uri"] = run.location;
  record["lifecycle"] = run.deleted ? "deleted" : "active";
  record["params"] = params_json(view.params, record.value("params", Json::object()));
  record["tags"] = values_json(view.tags);
  if (const auto parent = text_or(record["tags"], "mlflow.parentRunId"); !parent.empty()) record["parent"] = parent;
  add_metrics(record, view);
  add_series(service, writer, tables, view, record);
  add_uses(record, view);
  add_artifacts(service, writer, tables, run.location, record, inlined);
  return record;
}

Json logged_model_record(Service& service, store::Writer& writer, TrackingTables& tables,
                         const meta::LoggedModel& model, Inlined& inlined) {
  Json record{{"type", "logged-model"},
              {"version", 1},
              {"key", model.id},
              {"experiment", name_of_experiment(tables, model.experiment)},
              {"created", model.created},
              {"model", model.body},
              {"lifecycle", model.deleted ? "deleted" : "active"},
              {"metrics", Json::array()}};
  if (!model.sealed.empty()) record["previous"] = model.sealed;
  for (const auto& one : tables.model_points(model.id))
    record["metrics"].push_back({{"key", one.point.key},
                                 {"value", one.point.value},
                                 {"time", one.point.time},
                                 {"step", one.point.step},
                                 {"run_id", one.run},
                                 {"dataset", one.dataset},
                                 {"digest", one.digest}});
  add_artifacts(service, writer, tables, text_or(model.body, "artifact_uri"), record, inlined);
  return record;
}

Json experiment_record(TrackingTables& tables, std::int64_t id) {
  const auto experiment = tables.experiment(id).value_or(meta::Experiment{});
  Json record{{"type", "experiment"},
              {"version", 1},
              {"key", std::to_string(id)},
              {"experiment_id", id},
              {"name", experiment.name},
              {"artifact_location", experiment.location},
              {"created", experiment.created},
              {"updated", experiment.updated},
              {"lifecycle", experiment.deleted ? "deleted" : "active"},
              {"tags", values_json(experiment.tags)}};
  if (!experiment.sealed.empty()) record["previous"] = experiment.sealed;
  return record;
}

}  // namespace mlops::track
