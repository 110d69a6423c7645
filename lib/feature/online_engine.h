// What keeps the online store: an ordered map of bytes with transactions. LMDB is behind it, in a module that is opened
// on first use, so that other commands never map it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mlops::feature {

// rows: an entity key → all views' newest rows. state: watermarks and layouts. pushed: rows on their way to training
// sets.
enum class Space : std::uint8_t { rows, state, pushed };

// One moment of the store. What get() hands out lives as long as the snapshot and, in a transaction, until its next
// put(). Used by one thread at a time.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  [[nodiscard]] virtual std::optional<std::string_view> get(Space space, std::string_view key) = 0;
  // Keys that begin with `prefix`, in the order of their bytes, until `visit` says false.
  virtual void each(Space space, std::string_view prefix,
                    const std::function<bool(std::string_view key, std::string_view value)>& visit) = 0;
};

class Transaction : public Snapshot {
 public:
  // Keys have 1 to 511 bytes.
  virtual void put(Space space, std::string_view key, std::string_view value) = 0;
};

// Thread-safe; several processes may use one folder.
class OnlineEngine {
 public:
  virtual ~OnlineEngine() = default;
  // Never waits for writers.
  [[nodiscard]] virtual std::unique_ptr<Snapshot> read() = 0;
  // Waits for other writers. What `work` did is there, durably and all of it, when this returns; when it throws,
  // nothing of it is. Throws Error(outside) when the disk is full or fails.
  virtual void write(const std::function<void(Transaction&)>& work) = 0;
};

// The module's factory.
class OnlineEngines {
 public:
  virtual ~OnlineEngines() = default;
  // Makes the folder (0700) and the store in it where they are missing. Throws Error(outside), Error(state) when the
  // files are damaged.
  virtual std::unique_ptr<OnlineEngine> open(const std::filesystem::path& folder) = 0;
};

// Opens the module on the first call.
OnlineEngines& lmdb_engines();

}  // namespace mlops::feature
