// Experiments, and the tags and parameters of whatever has them.
#include "meta/tracking_core.h"

namespace mlops::meta {
namespace {

Experiment experiment_of(const Statement& row) {
  Experiment out;
  out.id = row.integer(0);
  out.name = row.text(1);
  out.location = row.text(2);
  out.deleted = row.integer(3) != 0;
  out.created = row.integer(4);
  out.updated = row.integer(5);
  out.sealed = row.text(6);
  return out;
}

struct ValueSql {
  const char *all, *one, *set, *remove;
};

const ValueSql& sql_of(Values of) {
  static constexpr ValueSql k_sql[] = {
      {"SELECT key, value FROM experiment_tag WHERE experiment = $1",
       "SELECT value FROM experiment_tag WHERE experiment = $1 AND key = $2",
       "INSERT INTO experiment_tag VALUES ($1, $2, $3) ON CONFLICT (experiment, key) DO UPDATE SET value = "
       "excluded.value",
       "DELETE FROM experiment_tag WHERE experiment = $1 AND key = $2 RETURNING 1"},
      {"SELECT key, value FROM run_tag WHERE run = $1", "SELECT value FROM run_tag WHERE run = $1 AND key = $2",
       "INSERT INTO run_tag VALUES ($1, $2, $3) ON CONFLICT (run, key) DO UPDATE SET value = excluded.value",
       "DELETE FROM run_tag WHERE run = $1 AND key = $2 RETURNING 1"},
      {"SELECT key, value FROM run_param WHERE run = $1", "SELECT value FROM run_param WHERE run = $1 AND key = $2",
       "INSERT INTO run_param VALUES ($1, $2, $3) ON CONFLICT (run, key) DO UPDATE SET value = excluded.value",
       "DELETE FROM run_param WHERE run = $1 AND key = $2 RETURNING 1"}};
  return k_sql[static_cast<int>(of)];
}

}  // namespace

std::optional<Experiment> TrackingTables::experiment(std::int64_t id) {
  Statement& row =
      (*core_)("SELECT id, name, location, deleted, created, updated, sealed FROM experiment WHERE id = $1")
          .bind(1, id);
  if (!row.step()) return std::nullopt;
  Experiment out = experiment_of(row);
  out.tags = values(Values::experiment_tag, id);
  return out;
}

std::optional<Experiment> TrackingTables::experiment(const std::string& name) {
  Statement& row = (*core_)("SELECT id FROM experiment WHERE name = $1").bind(1, name);
  if (!row.step()) return std::nullopt;
  return experiment(row.integer(0));
}

std::vector<Experiment> TrackingTables::experiments() {
  std::vector<Experiment> out;
  Statement& rows =
      (*core_)("SELECT id, name, location, deleted, created, updated, sealed FROM experiment ORDER BY id");
  while (rows.step()) out.push_back(experiment_of(rows));
  for (auto& experiment : out) experiment.tags = values(Values::experiment_tag, experiment.id);
  return out;
}

std::int64_t TrackingTables::add_experiment(const Experiment& experiment) {
  Statement& row = (*core_)(
      "INSERT INTO experiment (id, name, location, deleted, created, updated) VALUES ($1, $2, $3, $4, $5, $6) "
      "RETURNING id");
  if (experiment.id > 0)
    row.bind(1, experiment.id);
  else
    row.bind_null(1);
  row.bind(2, experiment.name)
      .bind(3, experiment.location)
      .bind(4, std::int64_t{experiment.deleted})
      .bind(5, experiment.created)
      .bind(6, experiment.updated);
  row.step();
  const std::int64_t id = row.integer(0);
  row.reset();
  return id;
}

void TrackingTables::update_experiment(const Experiment& experiment) {
  (*core_)("UPDATE experiment SET name = $2, location = $3, deleted = $4, created = $5, updated = $6 WHERE id = $1")
      .bind(1, experiment.id)
      .bind(2, experiment.name)
      .bind(3, experiment.location)
      .bind(4, std::int64_t{experiment.deleted})
      .bind(5, experiment.created)
      .bind(6, experiment.updated)
      .run();
}

void TrackingTables::delete_runs_of(std::int64_t experiment, bool deleted) {
  (*core_)("UPDATE tracked_run SET deleted = $2, changed = $3 WHERE experiment = $1 AND deleted != $2")
      .bind(1, experiment)
      .bind(2, std::int64_t{deleted})
      .bind(3, now_micros())
      .run();
}

std::vector<KeyValue> TrackingTables::values(Values of, std::int64_t owner) {
  std::vector<KeyValue> out;
  Statement& rows = (*core_)(sql_of(of).all).bind(1, owner);
  while (rows.step()) out.push_back({rows.text(0), rows.text(1)});
  return out;
}

std::optional<std::string> TrackingTables::value(Values of, std::int64_t owner, std::string_view key) {
  Statement& row = (*core_)(sql_of(of).one).bind(1, owner).bind(2, key);
  return row.step() ? std::optional(row.text(0)) : std::nullopt;
}

void TrackingTables::set_value(Values of, std::int64_t owner, std::string_view key, std::string_view value) {
  (*core_)(sql_of(of).set).bind(1, owner).bind(2, key).bind(3, value).run();
}

bool TrackingTables::remove_value(Values of, std::int64_t owner, std::string_view key) {
  Statement& row = (*core_)(sql_of(of).remove).bind(1, owner).bind(2, key);
  const bool there = row.step();
  row.reset();
  return there;
}

}  // namespace mlops::meta
