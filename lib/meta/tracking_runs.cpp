// Runs: their heads, metrics, inputs and outputs.
#include <cmath>
#include <map>
#include <tuple>

#include "meta/tracking_core.h"

namespace mlops::meta {
namespace {

RunHead head_of(const Statement& row) {
  RunHead out;
  out.n = row.integer(0);
  out.id = row.text(1);
  out.experiment = row.integer(2);
  out.name = row.text(3);
  out.user = row.text(4);
  out.status = row.text(5);
  out.started = row.integer(6);
  if (!row.is_null(7)) out.ended = row.integer(7);
  out.location = row.text(8);
  out.deleted = row.integer(9) != 0;
  out.sealed = row.text(10);
  out.series = row.text(11);
  return out;
}

Statement& bind_value(Statement& statement, int at, double value) {
  return std::isnan(value) ? statement.bind(at, 0.0).bind(at + 1, std::int64_t{1})
                           : statement.bind(at, value).bind(at + 1, std::int64_t{0});
}

double value_of(const Statement& row, int at) { return row.integer(at + 1) != 0 ? std::nan("") : row.real(at); }

auto rank(const Point& point) {
  return std::tuple(point.step, point.time, std::isnan(point.value) ? 0.0 : point.value);
}

Json json_of(const std::vector<KeyValue>& tags) {
  Json out = Json::array();
  for (const auto& tag : tags) out.push_back({{"key", tag.key}, {"value", tag.value}});
  return out;
}

std::vector<KeyValue> tags_of(const std::string& text) {
  std::vector<KeyValue> out;
  for (const auto& tag : parse_json(text, "tags of an input"))
    out.push_back({text_or(tag, "key"), text_or(tag, "value")});
  return out;
}

}  // namespace

std::optional<RunHead> TrackingTables::run(std::string_view id) {
  Statement& row = (*core_)(
      "SELECT n, id, experiment, name, user, status, started, ended, location, deleted, sealed, series FROM "
      "tracked_run WHERE id = $1");
  return row.bind(1, id).step() ? std::optional(head_of(row)) : std::nullopt;
}

std::int64_t TrackingTables::add_run(const RunHead& run) {
  Statement& row = (*core_)(
      "INSERT INTO tracked_run (id, experiment, name, user, status, started, ended, location, deleted, sealed, series) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING n");
  row.bind(1, run.id)
      .bind(2, run.experiment)
      .bind(3, run.name)
      .bind(4, run.user)
      .bind(5, run.status)
      .bind(6, run.started);
  if (run.ended) row.bind(7, *run.ended);
  row.bind(8, run.location).bind(9, std::int64_t{run.deleted}).bind(10, run.sealed).bind(11, run.series);
  row.step();
  const std::int64_t n = row.integer(0);
  row.reset();
  return n;
}

void TrackingTables::update_run(const RunHead& run) {
  Statement& row = (*core_)(
      "UPDATE tracked_run SET experiment = $2, name = $3, user = $4, status = $5, started = $6, ended = $7, location = "
      "$8, "
      "deleted = $9, sealed = $10, series = $11 WHERE n = $1");
  row.bind(1, run.n)
      .bind(2, run.experiment)
      .bind(3, run.name)
      .bind(4, run.user)
      .bind(5, run.status)
      .bind(6, run.started);
  if (run.ended) row.bind(7, *run.ended);
  row.bind(8, run.location).bind(9, std::int64_t{run.deleted}).bind(10, run.sealed).bind(11, run.series).run();
}

void TrackingTables::forget_contents(std::int64_t run) {
  for (const char* sql : {"DELETE FROM run_param WHERE run = $1", "DELETE FROM run_tag WHERE run = $1",
                          "DELETE FROM run_metric WHERE run = $1", "DELETE FROM metric_point WHERE run = $1",
                          "DELETE FROM run_input WHERE run = $1", "DELETE FROM run_model WHERE run = $1"})
    (*core_)(sql).bind(1, run).run();
}

void TrackingTables::set_latest(std::int64_t run, const Point& point) {
  Statement& row = (*core_)(
      "INSERT INTO run_metric (run, key, value, nan, time, step) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (run, "
      "key) DO UPDATE SET "
      "value = excluded.value, nan = excluded.nan, time = excluded.time, step = excluded.step "
      "WHERE (excluded.step, excluded.time, excluded.value) > (step, time, value)");
  bind_value(row.bind(1, run).bind(2, point.key), 3, point.value).bind(5, point.time).bind(6, point.step).run();
}

void TrackingTables::log_points(std::int64_t run, std::span<const Point> points) {
  std::map<std::string_view, const Point*> latest;
  for (const auto& point : points) {
    const auto [at, fresh] = latest.try_emplace(point.key, &point);
    if (!fresh && rank(point) > rank(*at->second)) at->second = &point;
    auto& id = core_->metric_ids[point.key];
    if (id == 0) {
      (*core_)("INSERT OR IGNORE INTO metric_name (key) VALUES ($1)").bind(1, point.key).run();
      Statement& row = (*core_)("SELECT id FROM metric_name WHERE key = $1").bind(1, point.key);
      row.step();
      id = row.integer(0);
    }
    Statement& row = (*core_)(
        "INSERT OR IGNORE INTO metric_point (run, metric, time, step, value, nan) VALUES ($1, $2, $3, $4, $5, $6)");
    bind_value(row.bind(1, run).bind(2, id).bind(3, point.time).bind(4, point.step), 5, point.value).run();
  }
  for (const auto& [key, point] : latest) set_latest(run, *point);
}

RunView TrackingTables::view(const RunHead& head) {
  RunView out;
  out.head = head;
  Statement& metrics = (*core_)("SELECT key, value, nan, time, step FROM run_metric WHERE run = $1").bind(1, head.n);
  while (metrics.step())
    out.metrics.push_back({metrics.text(0), value_of(metrics, 1), metrics.integer(3), metrics.integer(4)});
  out.params = values(Values::run_param, head.n);
  out.tags = values(Values::run_tag, head.n);
  Statement& inputs = (*core_)(
      "SELECT d.name, d.digest, d.source_type, d.source, d.schema, d.profile, i.tags FROM run_input i JOIN dataset d "
      "ON d.id = i.dataset WHERE i.run = $1");
  inputs.bind(1, head.n);
  while (inputs.step())
    out.datasets.push_back({inputs.text(0), inputs.text(1), inputs.text(2), inputs.text(3), inputs.text(4),
                            inputs.text(5), tags_of(inputs.text(6))});
  Statement& models = (*core_)("SELECT output, model, step FROM run_model WHERE run = $1").bind(1, head.n);
  while (models.step())
    (models.integer(0) != 0 ? out.outputs : out.inputs).push_back({models.text(1), models.integer(2)});
  return out;
}

std::vector<Point> TrackingTables::history(std::int64_t run, std::string_view key, std::size_t limit,
                                           std::size_t offset) {
  std::vector<Point> out;
  Statement& rows = (*core_)(
      "SELECT value, nan, time, step FROM metric_point WHERE run = $1 AND metric = (SELECT id FROM metric_name WHERE "
      "key = $2) "
      "ORDER BY time, step, value LIMIT $3 OFFSET $4");
  rows.bind(1, run).bind(2, key).bind(3, static_cast<std::int64_t>(limit)).bind(4, static_cast<std::int64_t>(offset));
  while (rows.step()) out.push_back({std::string(key), value_of(rows, 0), rows.integer(2), rows.integer(3)});
  return out;
}

void TrackingTables::for_each_point(std::int64_t run, const std::function<void(const Point&)>& visit) {
  Statement& rows = (*core_)(
      "SELECT n.key, p.value, p.nan, p.time, p.step FROM metric_point p JOIN metric_name n ON n.id = p.metric WHERE "
      "p.run = $1 "
      "ORDER BY n.key, p.time, p.step, p.value, p.nan");
  rows.bind(1, run);
  while (rows.step()) visit({rows.text(0), value_of(rows, 1), rows.integer(3), rows.integer(4)});
}

void TrackingTables::add_input(std::int64_t run, std::int64_t experiment, const DatasetUse& dataset) {
  (*core_)(
      "INSERT OR IGNORE INTO dataset (experiment, name, digest, source_type, source, schema, profile) VALUES ($1, $2, "
      "$3, $4, $5, $6, $7)")
      .bind(1, experiment)
      .bind(2, dataset.name)
      .bind(3, dataset.digest)
      .bind(4, dataset.source_type)
      .bind(5, dataset.source)
      .bind(6, dataset.schema)
      .bind(7, dataset.profile)
      .run();
  Statement& row = (*core_)(
      "INSERT OR IGNORE INTO run_input (run, dataset, context, tags) SELECT $1, id, $5, $6 FROM dataset WHERE "
      "experiment = $2 AND name = $3 AND digest = $4");
  row.bind(1, run)
      .bind(2, experiment)
      .bind(3, dataset.name)
      .bind(4, dataset.digest)
      .bind(6, json_of(dataset.tags).dump());
  for (const auto& tag : dataset.tags)
    if (tag.key == "mlflow.data.context") row.bind(5, tag.value);
  row.run();
}

void TrackingTables::add_model_use(std::int64_t run, bool output, const ModelUse& use) {
  (*core_)(
      "INSERT INTO run_model VALUES ($1, $2, $3, $4) ON CONFLICT (run, output, model) DO UPDATE SET step = "
      "excluded.step")
      .bind(1, run)
      .bind(2, std::int64_t{output})
      .bind(3, use.model)
      .bind(4, use.step)
      .run();
}

std::vector<std::string> TrackingTables::running() {
  std::vector<std::string> out;
  Statement& rows = (*core_)("SELECT id FROM tracked_run WHERE status IN ('RUNNING', 'SCHEDULED')");
  while (rows.step()) out.push_back(rows.text(0));
  return out;
}

}  // namespace mlops::meta
