// What changed since it was sealed, and what others sealed.
#include "meta/tracking_core.h"

namespace mlops::meta {
namespace {

Id id_of(const std::string& blob) {
  Id id;
  if (blob.size() == id.bytes.size()) std::copy(blob.begin(), blob.end(), id.bytes.begin());
  return id;
}

// Never sealed: ripe when it changed before the second bound; else before the first.
Statement& ripe(Statement& rows, Micros quiet_before, Micros new_before, std::size_t limit) {
  return rows.bind(1, quiet_before).bind(2, new_before).bind(3, static_cast<std::int64_t>(limit));
}

}  // namespace

void TrackingTables::touch_experiment(std::int64_t id) {
  (*core_)("UPDATE experiment SET changed = $2 WHERE id = $1").bind(1, id).bind(2, now_micros()).run();
}
void TrackingTables::touch_run(std::int64_t n) {
  (*core_)("UPDATE tracked_run SET changed = $2 WHERE n = $1").bind(1, n).bind(2, now_micros()).run();
}
void TrackingTables::touch_logged_model(std::string_view id) {
  (*core_)("UPDATE logged_model SET changed = $2 WHERE id = $1").bind(1, id).bind(2, now_micros()).run();
}

TrackingTables::Changed TrackingTables::changed(Micros quiet_before, Micros new_before, std::size_t limit) {
  Changed out;
  Statement& experiments = (*core_)(
      "SELECT id FROM experiment WHERE changed > 0 AND changed <= CASE sealed WHEN '' THEN $2 ELSE $1 END LIMIT $3");
  for (ripe(experiments, quiet_before, new_before, limit); experiments.step();)
    out.experiments.push_back(experiments.integer(0));
  Statement& runs = (*core_)(
      "SELECT id FROM tracked_run INDEXED BY tracked_run_changed WHERE changed > 0 AND status NOT IN ('RUNNING', "
      "'SCHEDULED') "
      "AND changed <= CASE sealed WHEN '' THEN $2 ELSE $1 END LIMIT $3");
  for (ripe(runs, quiet_before, new_before, limit); runs.step();) out.runs.push_back(runs.text(0));
  Statement& models = (*core_)(
      "SELECT id FROM logged_model INDEXED BY logged_model_changed WHERE changed > 0 AND body NOT LIKE "
      "'%LOGGED_MODEL_PENDING%' "
      "AND changed <= CASE sealed WHEN '' THEN $2 ELSE $1 END LIMIT $3");
  for (ripe(models, quiet_before, new_before, limit); models.step();) out.models.push_back(models.text(0));
  Statement& first = (*core_)(
      "SELECT min(t) FROM (SELECT min(changed) t FROM experiment WHERE changed > 0 UNION ALL "
      "SELECT min(changed) FROM tracked_run INDEXED BY tracked_run_changed WHERE changed > 0 AND status NOT IN "
      "('RUNNING', 'SCHEDULED') UNION ALL "
      "SELECT min(changed) FROM logged_model INDEXED BY logged_model_changed WHERE changed > 0)");
  if (first.step() && !first.is_null(0)) out.next = first.integer(0);
  return out;
}

void TrackingTables::sealed_experiment(std::int64_t id, const std::string& record, Micros seen) {
  (*core_)("UPDATE experiment SET sealed = $2, changed = CASE WHEN changed <= $3 THEN 0 ELSE changed END WHERE id = $1")
      .bind(1, id)
      .bind(2, record)
      .bind(3, seen)
      .run();
}

void TrackingTables::sealed_run(std::int64_t n, const std::string& record, Micros seen) {
  (*core_)("UPDATE tracked_run SET sealed = $2, changed = CASE WHEN changed <= $3 THEN 0 ELSE changed END WHERE n = $1")
      .bind(1, n)
      .bind(2, record)
      .bind(3, seen)
      .run();
}

void TrackingTables::sealed_model(std::string_view id, const std::string& record, Micros seen) {
  (*core_)(
      "UPDATE logged_model SET sealed = $2, changed = CASE WHEN changed <= $3 THEN 0 ELSE changed END WHERE id = $1")
      .bind(1, id)
      .bind(2, record)
      .bind(3, seen)
      .run();
}

void TrackingTables::add_record(const Id& id, const Json& record, const std::string& text, bool pending) {
  insert_record(core_->connection, id, record, text);
  if (pending) (*core_)("INSERT OR IGNORE INTO record_pending VALUES ($1)").bind(1, std::span(id.bytes)).run();
  drop_news(id);
}

bool TrackingTables::has_news() { return (*core_)("SELECT 1 FROM record_news LIMIT 1").step(); }

std::vector<Id> TrackingTables::news(std::size_t limit) {
  std::vector<Id> out;
  Statement& rows =
      (*core_)("SELECT n.id FROM record_news n LEFT JOIN record r ON r.id = n.id ORDER BY r.time, n.id LIMIT $1")
          .bind(1, static_cast<std::int64_t>(limit));
  while (rows.step()) out.push_back(id_of(rows.blob(0)));
  return out;
}

void TrackingTables::drop_news(const Id& record) {
  (*core_)("DELETE FROM record_news WHERE id = $1").bind(1, std::span(record.bytes)).run();
}

std::int64_t TrackingTables::registry_count() {
  Statement& row = (*core_)("SELECT n FROM record_count");
  return row.step() ? row.integer(0) : 0;
}

void store_pending(Database& database) { sqlite(database).store_pending(); }

}  // namespace mlops::meta
