// The database as this module's own files see it: every table class of the module (records, runs, jobs, …) works on the
// one connection through `use`. Private to this module.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "meta/database.h"
#include "meta/sqlite.h"

namespace mlops::meta {

class SqliteDatabase : public Database {
 public:
  SqliteDatabase(std::filesystem::path file, store::Store& store);

  Id seal(const Json& record) override;
  std::optional<Entry> find(const Id& id) override;
  std::vector<Entry> list(const Query& query) override;
  std::vector<Entry> match(std::string_view type, std::string_view prefix, std::size_t limit) override;
  std::vector<std::string> keys(std::string_view type, std::string_view prefix) override;
  void put_active(std::string_view run_id, const Json& state) override;
  void remove_active(std::string_view run_id) override;
  std::vector<std::pair<std::string, Json>> active() override;
  bool adopt(const Id& id) override;
  void rebuild() override;
  std::string check() override;

  void store_pending();  // see tracking.h
  // Calls work(connection) under the mutex; a malformed file is rebuilt once and the work done again, so it must be
  // repeatable: one transaction, results assigned afresh. What SQLite says otherwise becomes Error(outside).
  template <class Work>
  void use(const Work& work) {
    const std::lock_guard lock(mutex_);
    if (replaced()) reopen();
    try {
      work(*connection_);
      return;
    } catch (const SqliteFailure& failure) {
      if (!failure.malformed()) throw_outside(failure);
    }
    rebuild_now();
    try {
      work(*connection_);
    } catch (const SqliteFailure& failure) {
      throw_outside(failure);
    }
  }
  [[nodiscard]] store::Store& store() { return store_; }
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  [[noreturn]] void throw_outside(const SqliteFailure& failure) const;
  void open_or_rebuild();
  // On a file system that is read-only: the file as it is, else what the store says, in memory.
  void open_to_read();
  void fill_memory();
  void put_pending();
  void connect();
  // The file was removed, or rebuilt by another process: what is written to the old one nobody would find.
  [[nodiscard]] bool replaced() const;
  void reopen();
  [[nodiscard]] std::optional<FileLock> lock_name(bool alone) const;
  void rebuild_now();
  void make_anew();
  void fill();

  std::filesystem::path file_;
  store::Store& store_;
  std::mutex mutex_;
  std::unique_ptr<Connection> connection_;
  bool read_only_ = false;
  std::uint64_t device_ = 0, inode_ = 0;  // of the file that is open
};

// Columns id, type, key, time, body of a row of `record`, from column `first` on.
Entry entry_of(const Statement& row, int first = 0);
// A sealed record into the index; again is no harm.
void insert_record(Connection& connection, const Id& id, const Json& record, const std::string& text);

// Every Database is one.
inline SqliteDatabase& sqlite(Database& database) { return static_cast<SqliteDatabase&>(database); }

}  // namespace mlops::meta
