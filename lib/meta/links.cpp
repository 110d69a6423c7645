#include "meta/links.h"

#include "meta/sqlite_database.h"

namespace mlops::meta {
namespace {

constexpr std::int64_t k_all = INT64_MAX;

std::int64_t most(std::size_t limit) { return limit == 0 ? k_all : static_cast<std::int64_t>(limit); }

}  // namespace

std::vector<LinkedKey> linked_keys(Database& database, std::string_view target, std::string_view type) {
  std::vector<LinkedKey> out;
  sqlite(database).use([&](Connection& connection) {
    out.clear();
    Statement rows(connection,
                   "SELECT key, max(time) AS newest FROM record_link WHERE target = $1 AND type = $2 GROUP BY key "
                   "ORDER BY newest DESC, key");
    rows.bind(1, target).bind(2, type);
    while (rows.step()) out.push_back({rows.text(0), rows.integer(1)});
  });
  return out;
}

std::vector<Entry> linked_records(Database& database, std::string_view target, std::string_view type,
                                  std::size_t limit) {
  std::vector<Entry> out;
  sqlite(database).use([&](Connection& connection) {
    out.clear();
    Statement rows(
        connection,
        "SELECT r.id, r.type, r.key, r.time, r.body FROM (SELECT record, time FROM record_link WHERE target = $1 "
        "AND type = $2 ORDER BY time DESC, record DESC LIMIT $3) AS l JOIN record AS r ON r.id = l.record "
        "ORDER BY l.time DESC, l.record DESC");
    rows.bind(1, target).bind(2, type).bind(3, most(limit));
    while (rows.step()) out.push_back(entry_of(rows));
  });
  return out;
}

std::vector<std::string> link_targets(Database& database, std::string_view type, std::size_t digits) {
  std::vector<std::string> out;
  sqlite(database).use([&](Connection& connection) {
    out.clear();
    Statement rows(connection, "SELECT DISTINCT target FROM record_link WHERE type = $1 AND length(target) = $2");
    rows.bind(1, type).bind(2, static_cast<std::int64_t>(digits));
    while (rows.step()) out.push_back(rows.text(0));
  });
  return out;
}

}  // namespace mlops::meta
