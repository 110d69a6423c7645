#include "meta/tracking.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/text.h"
#include "meta/tracking_core.h"

namespace mlops::meta {
namespace {

std::string_view text_of(sqlite3_value* value) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return bytes == nullptr ? std::string_view()
                          : std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(value)));
}

// like_text(text, pattern, fold)
void like_text(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  try {
    const bool fold = sqlite3_value_int(values[2]) != 0;
    sqlite3_result_int(context, matches_like(text_of(values[0]), text_of(values[1]), fold) ? 1 : 0);
  } catch (const std::exception&) {
    sqlite3_result_error_nomem(context);
  }
}

std::size_t character_size(std::string_view text, std::size_t at) {
  std::size_t size = 1;
  while (at + size < text.size() && (static_cast<unsigned char>(text[at + size]) & 0xc0) == 0x80) ++size;
  return size;
}

bool matches(std::string_view text, std::string_view pattern) {
  std::size_t t = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '_') {
      t += character_size(text, t);
      ++p;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++t;
      ++p;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

std::uint64_t number_of(const std::filesystem::path& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_ino) : 0;
}

std::string lower(std::string_view text) {
  if (!is_ascii(text)) return fold_case(text);
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

}  // namespace

bool matches_like(std::string_view text, std::string_view pattern, bool fold) {
  return fold ? matches(lower(text), lower(pattern)) : matches(text, pattern);
}

Error outside_of(const Database& database, const SqliteFailure& failure) {
  return outside_error(fmt::format("the database {} can't be used: {}",
                                   static_cast<const SqliteDatabase&>(database).file().string(), failure.message));
}

TrackingTables::Core::Core(Database& owner) : database(owner), connection(sqlite(owner).file()) {
  connection.run("PRAGMA synchronous = FULL; PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY;");
  file_number = number_of(sqlite(owner).file());
  sqlite3_create_function_v2(connection.get(), "like_text", 3, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, like_text,
                             nullptr, nullptr, nullptr);
}

Statement& TrackingTables::Core::operator()(const char* literal) {
  auto& slot = statements[literal];
  if (slot == nullptr) slot = std::make_unique<Statement>(connection, literal);
  return slot->reset();
}

void TrackingTables::Core::check_file() const {
  if (file_number == number_of(sqlite(database).file())) return;
  throw outside_error(fmt::format("the database {} was replaced while it was in use", sqlite(database).file().string()),
                      "start the server again");
}

TrackingTables::TrackingTables(Database& database) {
  try {
    core_ = std::make_unique<Core>(database);
  } catch (const SqliteFailure& failure) {
    throw outside_of(database, failure);
  }
}

TrackingTables::~TrackingTables() = default;

void TrackingTables::read(const std::function<void()>& work) {
  try {
    core_->connection.run("BEGIN");
    try {
      work();
    } catch (...) {
      for (auto& [sql, statement] : core_->statements) statement->reset();
      core_->connection.run("ROLLBACK");
      throw;
    }
    for (auto& [sql, statement] : core_->statements) statement->reset();
    core_->connection.run("COMMIT");
  } catch (const SqliteFailure& failure) {
    throw outside_of(core_->database, failure);
  }
}

std::vector<std::exception_ptr> TrackingTables::group(std::span<const std::function<void()>* const> works) {
  std::vector<std::exception_ptr> out(works.size());
  auto& core = *core_;
  core.check_file();
  try {
    Transaction transaction(core.connection);
    for (std::size_t i = 0; i < works.size(); ++i) {
      core("SAVEPOINT work").run();
      try {
        (*works[i])();
      } catch (const SqliteFailure& failure) {
        out[i] = std::make_exception_ptr(outside_of(core.database, failure));
      } catch (...) {
        out[i] = std::current_exception();
      }
      if (out[i]) {
        core.metric_ids.clear();  // some may have been made in what is taken back
        for (auto& [sql, statement] : core.statements) statement->reset();
        core("ROLLBACK TO work").run();
      }
      core("RELEASE work").run();
    }
    for (auto& [sql, statement] : core.statements) statement->reset();
    transaction.commit();
  } catch (const SqliteFailure& failure) {
    core.metric_ids.clear();
    for (auto& error : out)
      if (!error) error = std::make_exception_ptr(outside_of(core.database, failure));
  }
  return out;
}

void for_each_artifact(Database& database, const std::function<void(const Id&)>& visit) {
  sqlite(database).use([&](Connection& connection) {
    Statement rows(connection,
                   "SELECT object FROM artifact WHERE bytes IS NULL AND owner NOT IN (SELECT id FROM tracked_run WHERE "
                   "deleted = 1) "
                   "AND owner NOT IN (SELECT id FROM logged_model WHERE deleted = 1)");
    Id id;
    while (rows.step()) {
      const std::string blob = rows.blob(0);
      if (blob.size() != id.bytes.size()) continue;
      std::copy(blob.begin(), blob.end(), id.bytes.begin());
      visit(id);
    }
  });
}

}  // namespace mlops::meta
