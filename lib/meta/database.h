// meta.db: the index of sealed records and events, and the runs in progress. Everything in it about finished things can
// be rebuilt from the store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "store/store.h"

namespace mlops::meta {

// One sealed record as it stands in the index. `key` is what records of a type are looked up by: the run id of a "run",
// the name of a "model", the object of an "event" ("model:churn"), the model version's record id of "traffic".
struct Entry {
  Id id;
  std::string type, key;
  Micros time = 0;
  Json body;
};

struct Query {
  std::string type;
  std::string key;        // empty = any
  std::size_t limit = 0;  // 0 = all
  bool newest_first = true;
};

// SQLite, WAL, 30 s busy time-out, synchronous=FULL. One connection a process, used from one thread at a time (a mutex
// inside). Throws Error(outside) when the file can't be written, Error(state) when it is of a newer version.
class Database {
 public:
  // Opens or makes it; a missing or malformed file is rebuilt from the records in the store.
  static std::unique_ptr<Database> open(const std::filesystem::path& file, store::Store& store);
  virtual ~Database() = default;

  // Canonical JSON into the store (committed, durable), then into the index. `record` needs "type", "version" and
  // "time" (RFC 3339; added when absent). Returns the record id. The same record again is the same id.
  virtual Id seal(const Json& record) = 0;
  [[nodiscard]] virtual std::optional<Entry> find(const Id& id) = 0;
  [[nodiscard]] virtual std::vector<Entry> list(const Query& query) = 0;
  // Records of a type whose key or id begins with `prefix`, at most `limit`.
  [[nodiscard]] virtual std::vector<Entry> match(std::string_view type, std::string_view prefix,
                                                 std::size_t limit = 20) = 0;

  // The different keys of a type that begin with `prefix`, sorted.
  [[nodiscard]] virtual std::vector<std::string> keys(std::string_view type, std::string_view prefix) = 0;

  // Runs in progress: small JSON documents by run id, replaced whole; gone when the run is sealed.
  virtual void put_active(std::string_view run_id, const Json& state) = 0;
  virtual void remove_active(std::string_view run_id) = 0;
  [[nodiscard]] virtual std::vector<std::pair<std::string, Json>> active() = 0;

  // Takes a record that is in the store already (a pull brought it) into the index. False where it was in it before.
  virtual bool adopt(const Id& id) = 0;

  // Reads every record in the store again.
  virtual void rebuild() = 0;
  // A sentence on what is wrong with the file, or "" (for fsck).
  [[nodiscard]] virtual std::string check() = 0;
};

// Ids that a record refers to: every text of 64 hexadecimal digits in it. gc keeps all of them.
void for_each_id(const Json& record, const std::function<void(const Id&)>& visit);

}  // namespace mlops::meta
