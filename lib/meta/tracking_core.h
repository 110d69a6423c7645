// Private: the connection of a TrackingTables with its prepared statements.
#pragma once

#include <unordered_map>

#include "meta/sqlite_database.h"
#include "meta/tracking.h"

namespace mlops::meta {

struct TrackingTables::Core {
  explicit Core(Database& owner);
  // The statement of a literal, reset; prepared once.
  Statement& operator()(const char* literal);

  Database& database;
  Connection connection;
  // Throws Error(outside) when the file has been replaced (fsck --rebuild): what is written here would be lost.
  void check_file() const;

  std::uint64_t file_number = 0;
  std::unordered_map<const char*, std::unique_ptr<Statement>> statements;
  std::unordered_map<std::string, std::int64_t> metric_ids;  // of what is committed
};

Error outside_of(const Database& database, const SqliteFailure& failure);

}  // namespace mlops::meta
