// Logged models and artifacts.
#include <cmath>

#include "meta/tracking_core.h"

namespace mlops::meta {
namespace {

LoggedModel model_of(const Statement& row) {
  LoggedModel out;
  out.id = row.text(0);
  out.experiment = row.integer(1);
  out.created = row.integer(2);
  out.deleted = row.integer(3) != 0;
  out.body = parse_json(row.text(4), "a logged model");
  out.sealed = row.text(5);
  return out;
}

Artifact artifact_of(const Statement& row) {
  Artifact out;
  out.path = row.text(0);
  out.owner = row.text(1);
  out.tree = row.integer(2) != 0;
  const std::string object = row.blob(3);
  if (object.size() == out.object.bytes.size()) std::copy(object.begin(), object.end(), out.object.bytes.begin());
  out.size = static_cast<std::uint64_t>(row.integer(4));
  out.files = static_cast<std::uint64_t>(row.integer(5));
  out.inlined = row.integer(6) != 0;
  return out;
}

// The paths below a directory are those from "D/" up to, but without, "D0".
std::pair<std::string, std::string> range_below(std::string_view directory) {
  if (directory.empty()) return {"", "\xff"};
  return {std::string(directory) + "/", std::string(directory) + "0"};
}

}  // namespace

std::optional<LoggedModel> TrackingTables::logged_model(std::string_view id) {
  Statement& row =
      (*core_)("SELECT id, experiment, created, deleted, body, sealed FROM logged_model WHERE id = $1").bind(1, id);
  return row.step() ? std::optional(model_of(row)) : std::nullopt;
}

std::vector<LoggedModel> TrackingTables::logged_models(std::int64_t experiment) {
  std::vector<LoggedModel> out;
  Statement& rows = (*core_)(
      "SELECT id, experiment, created, deleted, body, sealed FROM logged_model WHERE experiment = $1 AND deleted = 0 "
      "ORDER BY created DESC, id");
  rows.bind(1, experiment);
  while (rows.step()) out.push_back(model_of(rows));
  return out;
}

void TrackingTables::put_logged_model(const LoggedModel& model) {
  (*core_)(
      "INSERT INTO logged_model (id, experiment, created, deleted, body, sealed) VALUES ($1, $2, $3, $4, $5, $6) ON "
      "CONFLICT (id) DO UPDATE SET "
      "experiment = excluded.experiment, deleted = excluded.deleted, body = excluded.body, sealed = excluded.sealed")
      .bind(1, model.id)
      .bind(2, model.experiment)
      .bind(3, model.created)
      .bind(4, std::int64_t{model.deleted})
      .bind(5, model.body.dump(-1, ' ', false, Json::error_handler_t::replace))
      .bind(6, model.sealed)
      .run();
}

void TrackingTables::add_model_points(const std::string& model, std::span<const ModelPoint> points) {
  for (const auto& [point, run, dataset, digest] : points)
    (*core_)("INSERT OR IGNORE INTO logged_model_metric VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
        .bind(1, model)
        .bind(2, point.key)
        .bind(3, point.time)
        .bind(4, point.step)
        .bind(5, run)
        .bind(6, std::isnan(point.value) ? 0.0 : point.value)
        .bind(7, std::int64_t{std::isnan(point.value)})
        .bind(8, dataset)
        .bind(9, digest)
        .run();
}

std::vector<ModelPoint> TrackingTables::model_points(std::string_view model) {
  std::vector<ModelPoint> out;
  Statement& rows = (*core_)(
      "SELECT key, time, step, run, value, nan, dataset, digest FROM logged_model_metric WHERE model = $1 ORDER BY "
      "key, time, step");
  rows.bind(1, model);
  while (rows.step())
    out.push_back({{rows.text(0), rows.integer(5) != 0 ? std::nan("") : rows.real(4), rows.integer(1), rows.integer(2)},
                   rows.text(3),
                   rows.text(6),
                   rows.text(7)});
  return out;
}

std::optional<Artifact> TrackingTables::artifact(std::string_view path) {
  Statement& row =
      (*core_)("SELECT path, owner, tree, object, size, files, bytes IS NOT NULL FROM artifact WHERE path = $1")
          .bind(1, path);
  return row.step() ? std::optional(artifact_of(row)) : std::nullopt;
}

std::string TrackingTables::artifact_bytes(std::string_view path) {
  Statement& row = (*core_)("SELECT bytes FROM artifact WHERE path = $1").bind(1, path);
  return row.step() ? row.blob(0) : std::string();
}

void TrackingTables::put_artifact(const Artifact& artifact, std::optional<std::string_view> bytes) {
  Statement& row = (*core_)(
      "INSERT INTO artifact (path, owner, tree, object, size, files, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7) ON "
      "CONFLICT (path) DO UPDATE SET "
      "owner = excluded.owner, tree = excluded.tree, object = excluded.object, size = excluded.size, files = "
      "excluded.files, bytes = excluded.bytes");
  row.bind(1, artifact.path)
      .bind(2, artifact.owner)
      .bind(3, std::int64_t{artifact.tree})
      .bind(4, std::span(artifact.object.bytes));
  row.bind(5, static_cast<std::int64_t>(artifact.size)).bind(6, static_cast<std::int64_t>(artifact.files));
  if (bytes) row.bind(7, std::span(reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()));
  row.run();
}

void TrackingTables::outline(std::string_view path, const Id& object) {
  (*core_)("UPDATE artifact SET bytes = NULL WHERE path = $1 AND object = $2")
      .bind(1, path)
      .bind(2, std::span(object.bytes))
      .run();
}

std::vector<Artifact> TrackingTables::artifacts_below(std::string_view directory) {
  std::vector<Artifact> out;
  const auto [from, to] = range_below(directory);
  Statement& rows = (*core_)(
      "SELECT path, owner, tree, object, size, files, bytes IS NOT NULL FROM artifact WHERE path >= $1 AND path < $2 "
      "ORDER BY path");
  rows.bind(1, from).bind(2, to);
  while (rows.step()) out.push_back(artifact_of(rows));
  return out;
}

std::size_t TrackingTables::remove_artifacts(std::string_view path) {
  const auto [from, to] = range_below(path);
  std::size_t removed = 0;
  Statement& rows = (*core_)("DELETE FROM artifact WHERE path = $3 OR (path >= $1 AND path < $2) RETURNING 1")
                        .bind(1, from)
                        .bind(2, to)
                        .bind(3, path);
  while (rows.step()) ++removed;
  return removed;
}

}  // namespace mlops::meta
