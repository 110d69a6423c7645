#include "meta/planned_windows.h"

#include "meta/sqlite_database.h"

namespace mlops::meta {

void plan_window(Database& database, const PlannedWindow& window) {
  sqlite(database).use([&](Connection& connection) {
    Statement(
        connection,
        "INSERT OR IGNORE INTO planned_window (model, from_time, to_time, made, body) VALUES ($1, $2, $3, $4, $5)")
        .bind(1, window.model)
        .bind(2, window.from)
        .bind(3, window.to)
        .bind(4, window.made)
        .bind(5, window.body)
        .run();
  });
}

std::vector<PlannedWindow> planned_windows(Database& database, const std::string& model) {
  std::vector<PlannedWindow> out;
  sqlite(database).use([&](Connection& connection) {
    out.clear();
    Statement rows(
        connection,
        "SELECT model, from_time, to_time, made, body FROM planned_window WHERE model = $1 ORDER BY from_time");
    rows.bind(1, model);
    while (rows.step()) out.push_back({rows.text(0), rows.integer(1), rows.integer(2), rows.integer(3), rows.text(4)});
  });
  return out;
}

void forget_window(Database& database, const PlannedWindow& window) {
  sqlite(database).use([&](Connection& connection) {
    Statement(connection, "DELETE FROM planned_window WHERE model = $1 AND from_time = $2")
        .bind(1, window.model)
        .bind(2, window.from)
        .run();
  });
}

}  // namespace mlops::meta
