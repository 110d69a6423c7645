#include "meta/deliveries.h"

#include <fmt/format.h>

#include "meta/sqlite_database.h"

namespace mlops::meta {
namespace {

constexpr const char* k_select = "SELECT key, target, body, made, attempts, next_time, state, problem FROM delivery";

Delivery delivery_of(const Statement& row) {
  return {row.text(0),    row.text(1),    row.text(2), row.integer(3),
          row.integer(4), row.integer(5), row.text(6), row.text(7)};
}

}  // namespace

void add_delivery(Database& database, const Delivery& delivery) {
  sqlite(database).use([&](Connection& connection) {
    Statement(connection,
              "INSERT OR IGNORE INTO delivery (key, target, body, made, attempts, next_time, state, problem) "
              "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(1, delivery.key)
        .bind(2, delivery.target)
        .bind(3, delivery.body)
        .bind(4, delivery.made)
        .bind(5, delivery.attempts)
        .bind(6, delivery.next)
        .bind(7, delivery.state)
        .bind(8, delivery.problem)
        .run();
  });
}

std::vector<Delivery> due_deliveries(Database& database, Micros now, std::size_t limit) {
  std::vector<Delivery> out;
  sqlite(database).use([&](Connection& connection) {
    out.clear();
    Statement rows(connection,
                   fmt::format("{} WHERE state = 'pending' AND next_time <= $1 ORDER BY next_time, made LIMIT {}",
                               k_select, limit));
    rows.bind(1, now);
    while (rows.step()) out.push_back(delivery_of(rows));
  });
  return out;
}

void update_delivery(Database& database, const Delivery& delivery) {
  sqlite(database).use([&](Connection& connection) {
    Statement(connection, "UPDATE delivery SET attempts = $1, next_time = $2, state = $3, problem = $4 WHERE key = $5")
        .bind(1, delivery.attempts)
        .bind(2, delivery.next)
        .bind(3, delivery.state)
        .bind(4, delivery.problem)
        .bind(5, delivery.key)
        .run();
  });
}

std::vector<Delivery> deliveries(Database& database, const std::string& state, std::size_t limit) {
  std::vector<Delivery> out;
  sqlite(database).use([&](Connection& connection) {
    out.clear();
    Statement rows(connection,
                   fmt::format("{} WHERE $1 = '' OR state = $1 ORDER BY made, key LIMIT {}", k_select, limit));
    rows.bind(1, state);
    while (rows.step()) out.push_back(delivery_of(rows));
  });
  return out;
}

void forget_deliveries(Database& database, Micros before) {
  sqlite(database).use([&](Connection& connection) {
    Statement(connection, "DELETE FROM delivery WHERE state <> 'pending' AND made < $1").bind(1, before).run();
  });
}

}  // namespace mlops::meta
