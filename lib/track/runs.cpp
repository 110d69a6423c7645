#include "track/runs.h"

#include <fmt/format.h>

#include "base/text.h"
#include "track/series.h"

namespace mlops::track {
namespace {

void append_pairs(std::string& out, const char* name, const std::vector<meta::KeyValue>& pairs) {
  if (pairs.empty()) return;
  out += fmt::format("{}\"{}\":[", out.back() == '{' ? "" : ",", name);
  for (const auto& pair : pairs) {
    if (out.back() != '[') out.push_back(',');
    out += "{\"key\":";
    append_text(out, pair.key);
    out += ",\"value\":";
    append_text(out, pair.value);
    out.push_back('}');
  }
  out.push_back(']');
}

void append_metrics(std::string& out, const std::vector<meta::Point>& metrics) {
  if (metrics.empty()) return;
  out += "\"metrics\":[";
  for (const auto& point : metrics) {
    if (out.back() != '[') out.push_back(',');
    append_point(out, point);
  }
  out.push_back(']');
}

Json datasets_json(const std::vector<meta::DatasetUse>& datasets) {
  Json out = Json::array();
  for (const auto& use : datasets) {
    Json dataset{{"name", use.name}, {"digest", use.digest}, {"source_type", use.source_type}, {"source", use.source}};
    if (!use.schema.empty()) dataset["schema"] = use.schema;
    if (!use.profile.empty()) dataset["profile"] = use.profile;
    Json input{{"dataset", dataset}};
    for (const auto& tag : use.tags) input["tags"].push_back({{"key", tag.key}, {"value", tag.value}});
    out.push_back(std::move(input));
  }
  return out;
}

void append_inputs(std::string& out, const meta::RunView& view) {
  Json inputs = Json::object(), outputs = Json::object();
  if (!view.datasets.empty()) inputs["dataset_inputs"] = datasets_json(view.datasets);
  for (const auto& use : view.inputs) inputs["model_inputs"].push_back({{"model_id", use.model}});
  for (const auto& use : view.outputs)
    outputs["model_outputs"].push_back({{"model_id", use.model}, {"step", use.step}});
  out += ",\"inputs\":" + dump(inputs) + ",\"outputs\":" + dump(outputs);
}

}  // namespace

std::int64_t now_millis() { return now_micros() / 1000; }

bool has_ended(const std::string& status) { return status == "FINISHED" || status == "FAILED" || status == "KILLED"; }

std::string run_id_of(const Fields& fields) {
  auto id = fields.text_or("run_id", "");
  if (id.empty()) id = fields.text_or("run_uuid", "");
  if (id.empty()) throw invalid("the field 'run_id' is missing");
  return id;
}

meta::RunHead need_run(meta::TrackingTables& tables, const std::string& id) {
  auto found = tables.run(id);
  if (!found) throw missing(fmt::format("there is no run with the id '{}'", printable(id.substr(0, 100))));
  return *std::move(found);
}

meta::RunHead active_run(meta::TrackingTables& tables, const std::string& id) {
  auto run = need_run(tables, id);
  if (run.deleted) throw invalid(fmt::format("the run {} is deleted", id));
  return run;
}

void touched(Service& service, meta::TrackingTables& tables, const meta::RunHead& run) {
  if (!has_ended(run.status)) return;
  tables.touch_run(run.n);
  service.changed();
}

void load_series(Service& service, meta::TrackingTables& tables, meta::RunHead& run) {
  if (run.series.empty()) return;
  read_series(service.repository().store(), run.series,
              [&](std::span<const meta::Point> points) { tables.log_points(run.n, points); });
  run.series.clear();
  tables.update_run(run);
}

std::string info_text(const meta::RunHead& head) {
  std::string out = fmt::format("{{\"run_id\":\"{}\",\"run_uuid\":\"{}\",\"run_name\":", head.id, head.id);
  append_text(out, head.name);
  out += fmt::format(",\"experiment_id\":\"{}\",\"user_id\":", head.experiment);
  append_text(out, head.user);
  out += fmt::format(",\"status\":\"{}\",\"start_time\":{}", head.status, head.started);
  if (head.ended) out += fmt::format(",\"end_time\":{}", *head.ended);
  out += ",\"artifact_uri\":";
  append_text(out, head.location);
  return out + fmt::format(",\"lifecycle_stage\":\"{}\"}}", head.deleted ? "deleted" : "active");
}

void append_run(std::string& out, const meta::RunView& view) {
  out += "{\"info\":" + info_text(view.head) + ",\"data\":{";
  append_metrics(out, view.metrics);
  append_pairs(out, "params", view.params);
  append_pairs(out, "tags", view.tags);
  out.push_back('}');
  if (view.datasets.empty() && view.inputs.empty() && view.outputs.empty())
    out += ",\"inputs\":{},\"outputs\":{}";
  else
    append_inputs(out, view);
  out.push_back('}');
}

}  // namespace mlops::track
