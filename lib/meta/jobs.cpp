#include "meta/jobs.h"

#include "meta/sqlite_database.h"

namespace mlops::meta {
namespace {

constexpr const char* k_columns = "SELECT id, schedule, cause, state, created, body FROM job ";

Job job_of(const Statement& row) {
  return {row.text(0), row.text(1),    row.text(2),
          row.text(3), row.integer(4), parse_json(row.text(5), "a job in meta.db")};
}

std::vector<Job> all(Statement& rows) {
  std::vector<Job> out;
  while (rows.step()) out.push_back(job_of(rows));
  return out;
}

void insert(Connection& connection, const Job& job) {
  Statement(connection,
            "INSERT OR IGNORE INTO job (id, schedule, cause, state, created, body) VALUES ($1, $2, $3, $4, $5, $6)")
      .bind(1, job.id)
      .bind(2, job.schedule)
      .bind(3, job.cause)
      .bind(4, job.state)
      .bind(5, job.created)
      .bind(6, canonical_json(job.body))
      .run();
}

}  // namespace

std::optional<Json> Jobs::cursor(const std::string& schedule) {
  std::optional<Json> out;
  sqlite(database_).use([&](Connection& connection) {
    out.reset();
    Statement row(connection, "SELECT body FROM schedule_cursor WHERE schedule = $1");
    row.bind(1, schedule);
    if (row.step()) out = parse_json(row.text(0), "a schedule in meta.db");
  });
  return out;
}

void Jobs::advance(const std::string& schedule, const Json& cursor, const std::vector<Job>& jobs) {
  sqlite(database_).use([&](Connection& connection) {
    Transaction transaction(connection);
    Statement(connection,
              "INSERT INTO schedule_cursor (schedule, body) VALUES ($1, $2) ON CONFLICT (schedule) DO UPDATE SET body "
              "= excluded.body")
        .bind(1, schedule)
        .bind(2, canonical_json(cursor))
        .run();
    for (const auto& job : jobs) insert(connection, job);
    transaction.commit();
  });
}

void Jobs::add(const Job& job) {
  sqlite(database_).use([&](Connection& connection) { insert(connection, job); });
}

void Jobs::forget(const std::string& schedule) {
  sqlite(database_).use([&](Connection& connection) {
    Statement(connection, "DELETE FROM schedule_cursor WHERE schedule = $1").bind(1, schedule).run();
  });
}

std::optional<Job> Jobs::find(const std::string& id) {
  std::optional<Job> out;
  sqlite(database_).use([&](Connection& connection) {
    out.reset();
    Statement row(connection, std::string(k_columns) + "WHERE id = $1");
    row.bind(1, id);
    if (row.step()) out = job_of(row);
  });
  return out;
}

std::vector<Job> Jobs::match(const std::string& prefix) {
  std::vector<Job> out;
  sqlite(database_).use([&](Connection& connection) {
    Statement rows(connection,
                   std::string(k_columns) + "WHERE substr(id, 1, length($1)) = $1 ORDER BY created DESC LIMIT 20");
    rows.bind(1, prefix);
    out = all(rows);
  });
  return out;
}

std::vector<Job> Jobs::in_state(const std::string& state) {
  std::vector<Job> out;
  sqlite(database_).use([&](Connection& connection) {
    Statement rows(connection, std::string(k_columns) + "WHERE state = $1 ORDER BY created, id");
    rows.bind(1, state);
    out = all(rows);
  });
  return out;
}

std::vector<Job> Jobs::history(const std::string& schedule, std::size_t limit) {
  std::vector<Job> out;
  sqlite(database_).use([&](Connection& connection) {
    std::string sql = k_columns;
    if (!schedule.empty()) sql += "WHERE schedule = $1 ";
    sql += "ORDER BY created DESC, id DESC";
    if (limit > 0) sql += " LIMIT " + std::to_string(limit);
    Statement rows(connection, sql);
    if (!schedule.empty()) rows.bind(1, schedule);
    out = all(rows);
  });
  return out;
}

bool Jobs::move(const std::string& id, const std::string& from, const std::string& to, const Json& body) {
  bool moved = false;
  sqlite(database_).use([&](Connection& connection) {
    Statement row(connection, "UPDATE job SET state = $1, body = $2 WHERE id = $3 AND state = $4 RETURNING id");
    row.bind(1, to).bind(2, canonical_json(body)).bind(3, id).bind(4, from);
    moved = row.step();
    while (row.step()) {
    }
  });
  return moved;
}

std::size_t Jobs::remove_before(Micros time) {
  std::size_t removed = 0;
  sqlite(database_).use([&](Connection& connection) {
    removed = 0;
    Statement rows(connection, "DELETE FROM job WHERE state IN ('sealed', 'dropped') AND created < $1 RETURNING id");
    rows.bind(1, time);
    while (rows.step()) ++removed;
  });
  return removed;
}

std::int64_t Jobs::newest_arrival() {
  std::int64_t out = 0;
  sqlite(database_).use([&](Connection& connection) {
    Statement row(connection, "SELECT coalesce(max(number), 0) FROM arrival");
    out = row.step() ? row.integer(0) : 0;
  });
  return out;
}

std::vector<Arrival> Jobs::arrivals_after(std::int64_t number, std::size_t limit) {
  std::vector<Arrival> out;
  sqlite(database_).use([&](Connection& connection) {
    out.clear();
    Statement rows(connection,
                   "SELECT a.number, r.id, r.type, r.key, r.time, r.body FROM arrival a JOIN record r ON r.id = a.id "
                   "WHERE a.number > $1 ORDER BY a.number LIMIT $2");
    rows.bind(1, number).bind(2, static_cast<std::int64_t>(limit));
    while (rows.step()) out.push_back({rows.integer(0), entry_of(rows, 1)});
  });
  return out;
}

std::int64_t Jobs::change_count() {
  std::int64_t out = 0;
  sqlite(database_).use([&](Connection& connection) {
    Statement row(connection, "PRAGMA data_version");
    out = row.step() ? row.integer(0) : 0;
  });
  return out;
}

}  // namespace mlops::meta
