#include "meta/database.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "base/shared_folder.h"
#include "base/text.h"
#include "meta/migrations.h"
#include "meta/sqlite_database.h"

namespace mlops::meta {
namespace {

namespace fs = std::filesystem;

// What records of a type are looked up by.
std::string key_of(const Json& record) {
  const std::string type = text_or(record, "type");
  if (type == "run") return text_or(record, "run_id");
  if (type == "model") return text_or(record, "name");
  if (type == "event") return text_or(record, "object");
  return text_or(record, "key");
}

}  // namespace

Entry entry_of(const Statement& row, int first) {
  Entry out;
  const std::string id = row.blob(first);
  if (id.size() == out.id.bytes.size()) std::copy(id.begin(), id.end(), out.id.bytes.begin());
  out.type = row.text(first + 1);
  out.key = row.text(first + 2);
  out.time = row.integer(first + 3);
  out.body = parse_json(row.text(first + 4), "a record in meta.db");
  return out;
}

void insert_record(Connection& connection, const Id& id, const Json& record, const std::string& text) {
  Statement(connection, "INSERT OR IGNORE INTO record (id, type, key, time, body) VALUES ($1, $2, $3, $4, $5)")
      .bind(1, std::span(id.bytes))
      .bind(2, text_or(record, "type"))
      .bind(3, key_of(record))
      .bind(4, parse_time(text_or(record, "time")).value_or(0))
      .bind(5, text)
      .run();
}

SqliteDatabase::SqliteDatabase(fs::path file, store::Store& store) : file_(std::move(file)), store_(store) {
  open_or_rebuild();
}

Id SqliteDatabase::seal(const Json& record) {
  Json complete = record;
  if (!complete.contains("time")) complete["time"] = to_utc(now_micros());
  const std::string text = canonical_json(complete);
  const auto writer = store_.writer();
  const Id id = writer->put_record(text);
  writer->commit();
  use([&](Connection& connection) { insert_record(connection, id, complete, text); });
  return id;
}

std::optional<Entry> SqliteDatabase::find(const Id& id) {
  std::optional<Entry> found;
  use([&](Connection& connection) {
    Statement row(connection, "SELECT id, type, key, time, body FROM record WHERE id = $1");
    row.bind(1, std::span(id.bytes));
    if (row.step()) found = entry_of(row);
  });
  return found;
}

std::vector<Entry> SqliteDatabase::list(const Query& query) {
  std::vector<Entry> out;
  use([&](Connection& connection) {
    out.clear();
    const std::string order = query.newest_first ? "DESC" : "ASC";
    std::string sql = "SELECT id, type, key, time, body FROM record WHERE type = $1";
    if (!query.key.empty()) sql += " AND key = $2";
    sql += " ORDER BY time " + order + ", id " + order;
    if (query.limit > 0) sql += fmt::format(" LIMIT {}", query.limit);
    Statement rows(connection, sql);
    rows.bind(1, query.type);
    if (!query.key.empty()) rows.bind(2, query.key);
    while (rows.step()) out.push_back(entry_of(rows));
  });
  return out;
}

std::vector<Entry> SqliteDatabase::match(std::string_view type, std::string_view prefix, std::size_t limit) {
  std::vector<Entry> out;
  use([&](Connection& connection) {
    out.clear();
    Statement rows(connection,
                   "SELECT id, type, key, time, body FROM record WHERE type = $1 AND "
                   "(substr(key, 1, length($2)) = $2 OR substr(lower(hex(id)), 1, length($2)) = $2) "
                   "ORDER BY time DESC, id DESC LIMIT $3");
    rows.bind(1, type).bind(2, prefix).bind(3, static_cast<std::int64_t>(limit));
    while (rows.step()) out.push_back(entry_of(rows));
  });
  return out;
}

std::vector<std::string> SqliteDatabase::keys(std::string_view type, std::string_view prefix) {
  std::vector<std::string> out;
  use([&](Connection& connection) {
    out.clear();
    Statement rows(connection, "SELECT DISTINCT key FROM record WHERE type = $1 AND key >= $2 ORDER BY key");
    rows.bind(1, type).bind(2, prefix);
    while (rows.step()) {
      out.push_back(rows.text(0));
      if (!out.back().starts_with(prefix)) {
        out.pop_back();
        break;
      }
    }
  });
  return out;
}

void SqliteDatabase::put_active(std::string_view run_id, const Json& state) {
  use([&](Connection& connection) {
    Statement(
        connection,
        "INSERT INTO active_run (id, state) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET state = excluded.state")
        .bind(1, run_id)
        .bind(2, canonical_json(state))
        .run();
  });
}

void SqliteDatabase::remove_active(std::string_view run_id) {
  use([&](Connection& connection) {
    Statement(connection, "DELETE FROM active_run WHERE id = $1").bind(1, run_id).run();
  });
}

std::vector<std::pair<std::string, Json>> SqliteDatabase::active() {
  std::vector<std::pair<std::string, Json>> out;
  use([&](Connection& connection) {
    out.clear();
    Statement rows(connection, "SELECT id, state FROM active_run ORDER BY id");
    while (rows.step()) out.emplace_back(rows.text(0), parse_json(rows.text(1), "a run in meta.db"));
  });
  return out;
}

bool SqliteDatabase::adopt(const Id& id) {
  if (find(id)) return false;
  const std::string text = store_.get(store::Kind::record, id);
  const Json record = parse_json(text, "record " + id.brief());
  use([&](Connection& connection) { insert_record(connection, id, record, text); });
  return true;
}

void SqliteDatabase::rebuild() {
  const std::lock_guard lock(mutex_);
  if (read_only_) throw_outside({SQLITE_READONLY, "it is read-only"});
  const auto alone = lock_name(true);
  make_anew();
}

std::string SqliteDatabase::check() {
  std::string problem;
  try {
    Statement row(*connection_, "PRAGMA quick_check(1)");
    if (row.step() && row.text(0) != "ok") problem = row.text(0);
  } catch (const SqliteFailure& failure) {
    problem = failure.message;
  }
  return problem;
}

namespace {

bool is_read_only(const fs::path& folder) { return ::access(folder.c_str(), W_OK) != 0 && errno == EROFS; }

// Even a look needs a few pages of shared memory and a journal.
bool is_full(const fs::path& file) {
  constexpr std::uint64_t k_needed = 256 << 10;
  struct statvfs info {};
  if (::statvfs(file.parent_path().c_str(), &info) != 0) return false;
  return (::geteuid() == 0 ? info.f_bfree : info.f_bavail) * info.f_frsize < k_needed;
}

}  // namespace

void SqliteDatabase::throw_outside(const SqliteFailure& failure) const {
  if (is_read_only(file_.parent_path()))
    throw outside_error(fmt::format("the file system of \"{}\" is read-only, so no record can be written there",
                                    printable(file_.parent_path().string())),
                        "mount it to be written, or work in a clone");
  if (::access(file_.parent_path().c_str(), W_OK) != 0)
    throw outside_error(
        fmt::format("you may not write in \"{}\", as records need", printable(file_.parent_path().string())),
        "its owner may share it: chmod -R g+rwX .mlops; find .mlops -type d -exec chmod g+s {} +");
  if (is_full(file_))
    throw outside_error(fmt::format("there is no room left beside the database {}", printable(file_.string())),
                        "free a few megabytes there; then mlops gc --grace 0s frees what no version needs");
  throw outside_error(fmt::format("the database {} can't be used: {}", file_.string(), failure.message),
                      "mlops fsck --rebuild makes it anew from the store");
}

namespace {

// SQLite does not wait its time here where another process opens the new file too.
void use_write_ahead_log(Connection& connection) {
  for (const Micros last = now_micros() + 30'000'000;;) try {
      return connection.run("PRAGMA journal_mode = WAL");
    } catch (const SqliteFailure& failure) {
      if (!failure.busy() || now_micros() > last) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

}  // namespace

void SqliteDatabase::open_to_read() {
  read_only_ = true;
  std::error_code none;
  const auto waiting = fs::file_size(file_.string() + "-wal", none);
  try {
    connection_ = std::make_unique<Connection>(
        file_, none || waiting == 0 ? Connection::Access::immutable : Connection::Access::read_only);
    if (is_current(*connection_)) return;
  } catch (const SqliteFailure&) {
  }
  fill_memory();
}

void SqliteDatabase::fill_memory() {
  connection_ = std::make_unique<Connection>(":memory:");
  migrate(*connection_, file_);
  fill();
  connection_->run("PRAGMA query_only = 1");
}

void SqliteDatabase::open_or_rebuild() {
  if (is_read_only(file_.parent_path())) return open_to_read();
  try {
    {
      const auto turn = lock_name(!fs::exists(file_));
      const bool missing = !fs::exists(file_);
      connect();
      if (missing) fill();
    }
    put_pending();  // what a killed process left
  } catch (const SqliteFailure& failure) {
    if (!failure.malformed()) throw_outside(failure);
    rebuild_now();
  }
}

// The name `meta.db` and those of its journal: shared by who opens them, alone for who gives them to a new file. A
// journal that lay beside the old file while the new one is opened would be taken for the new one's. Without the right
// to make a file there the database can't be opened either, and says why.
std::optional<FileLock> SqliteDatabase::lock_name(bool alone) const {
  const fs::path lock = file_.string() + ".lock";
  try {
    return alone ? FileLock(lock) : FileLock::shared(lock);
  } catch (const Error&) {
    return std::nullopt;
  }
}

void SqliteDatabase::connect() {
  const mode_t before = ::umask(0077);
  try {
    connection_ = std::make_unique<Connection>(file_);
    struct stat info {};
    if (::stat(file_.c_str(), &info) == 0) {
      device_ = info.st_dev;
      inode_ = info.st_ino;
    }
    share_with_group(file_);  // its journal then is the group's as well
    use_write_ahead_log(*connection_);
    connection_->run("PRAGMA synchronous = FULL");
  } catch (...) {
    ::umask(before);
    throw;
  }
  ::umask(before);
  if (!migrate(*connection_, file_))
    throw state_error(fmt::format("{} was written by a newer mlops", file_.string()), "update mlops");
}

bool SqliteDatabase::replaced() const {
  if (read_only_) return false;
  struct stat info {};
  return ::stat(file_.c_str(), &info) != 0 || info.st_dev != device_ || info.st_ino != inode_;
}

void SqliteDatabase::reopen() {
  connection_.reset();
  open_or_rebuild();
}

void SqliteDatabase::rebuild_now() {
  if (read_only_) return fill_memory();
  const auto alone = lock_name(true);
  if (!replaced()) return make_anew();
  try {
    connect();  // another process found the damage first
  } catch (const SqliteFailure& failure) {
    throw_outside(failure);
  }
}

// Aside, not away: nothing is lost that only the old file held. Whoever has it open notices at the next use. It stays
// open here until the new one stands: the last to close a file removes its journal by name, and that name is the new
// one's by then.
void SqliteDatabase::make_anew() {
  const auto old = std::move(connection_);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    const fs::path from = file_.string() + suffix, to = file_.string() + ".damaged" + suffix;
    if (fs::exists(from, ignored))
      fs::rename(from, to, ignored);
    else
      fs::remove(to, ignored);
  }
  try {
    connect();
    fill();
  } catch (const SqliteFailure& failure) {
    throw_outside(failure);
  }
}

void SqliteDatabase::store_pending() {
  use([&](Connection&) { put_pending(); });
}

void SqliteDatabase::put_pending() {
  std::vector<std::string> ids, texts;
  {
    Statement rows(*connection_, "SELECT p.id, r.body FROM record_pending p JOIN record r ON r.id = p.id");
    while (rows.step()) {
      ids.push_back(rows.blob(0));
      texts.push_back(rows.text(1));
    }
  }
  if (ids.empty()) return;
  const auto writer = store_.writer();
  for (const auto& text : texts) writer->put_record(text);
  writer->commit();
  Transaction transaction(*connection_);
  for (const auto& id : ids)
    Statement(*connection_, "DELETE FROM record_pending WHERE id = $1")
        .bind(1, std::span(reinterpret_cast<const std::uint8_t*>(id.data()), id.size()))
        .run();
  transaction.commit();
}

void SqliteDatabase::fill() {
  Transaction transaction(*connection_);
  store_.for_each(store::Kind::record, [&](const Id& id) {
    try {
      const std::string text = store_.get(store::Kind::record, id);
      insert_record(*connection_, id, parse_json(text, "record " + id.brief()), text);
    } catch (const Error&) {
      // fsck names damaged records; the others must still be found.
    }
  });
  transaction.commit();
}

std::unique_ptr<Database> Database::open(const fs::path& file, store::Store& store) {
  return std::make_unique<SqliteDatabase>(file, store);
}

void for_each_id(const Json& record, const std::function<void(const Id&)>& visit) {
  if (record.is_string()) {
    if (const auto id = Id::from_hex(record.get_ref<const std::string&>())) visit(*id);
    return;
  }
  if (record.is_structured())
    for (const auto& member : record) for_each_id(member, visit);
}

}  // namespace mlops::meta
