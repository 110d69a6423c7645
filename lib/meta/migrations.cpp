#include "meta/migrations.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

namespace mlops::meta {
namespace {

std::set<std::int64_t> applied(const Connection& connection) {
  std::set<std::int64_t> numbers;
  Statement table(connection, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'");
  if (!table.step()) return numbers;
  Statement rows(connection, "SELECT number FROM migration");
  while (rows.step()) numbers.insert(rows.integer(0));
  return numbers;
}

std::vector<const Migration*> missing(const std::set<std::int64_t>& present) {
  std::vector<const Migration*> out;
  for (const auto& step : migrations())
    if (!present.contains(step.number)) out.push_back(&step);
  return out;
}

bool newer(const std::set<std::int64_t>& present) {
  const auto known = migrations();
  return std::any_of(present.begin(), present.end(), [&](std::int64_t number) {
    return std::none_of(known.begin(), known.end(), [&](const Migration& step) { return step.number == number; });
  });
}

void copy_before(Connection& connection, const std::filesystem::path& file, std::int64_t number) {
  const std::string copy = fmt::format("{}.before-{}", file.string(), number);
  std::error_code ignored;
  std::filesystem::remove(copy, ignored);
  Statement(connection, "VACUUM INTO $1").bind(1, copy).run();
}

}  // namespace

bool is_current(const Connection& connection) {
  const auto present = applied(connection);
  return !newer(present) && missing(present).empty();
}

bool migrate(Connection& connection, const std::filesystem::path& file) {
  const auto before = applied(connection);
  if (newer(before)) return false;
  const auto steps = missing(before);
  if (steps.empty()) return true;
  if (!before.empty()) copy_before(connection, file, steps.front()->number);
  // Another process may have been quicker: only what is missing under the lock is applied.
  Transaction transaction(connection);
  connection.run("CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL)");
  for (const Migration* step : missing(applied(connection))) {
    connection.run(std::string(step->sql).c_str());
    Statement(connection, "INSERT INTO migration (number, name) VALUES ($1, $2)")
        .bind(1, step->number)
        .bind(2, step->name)
        .run();
  }
  transaction.commit();
  return true;
}

}  // namespace mlops::meta
