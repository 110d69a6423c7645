// The schema of meta.db as numbered steps: lib/meta/sql/NUMBER_NAME.sql, each applied once, in order. A step that is in
// a release is never changed; a new one gets the next number.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "meta/sqlite.h"

namespace mlops::meta {

struct Migration {
  std::int64_t number = 0;
  std::string_view name, sql;
};

// All steps, in order (made at build time from the files).
std::span<const Migration> migrations();

// Applies what the file lacks, all in one transaction, after a copy of a file that already holds something has been put
// beside it (FILE.before-NUMBER). False when the file knows a step that we don't: a newer mlops wrote it.
bool migrate(Connection& connection, const std::filesystem::path& file);
// Whether it has nothing to apply, nor anything of a newer mlops.
bool is_current(const Connection& connection);

}  // namespace mlops::meta
