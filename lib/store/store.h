// The content-addressed store: chunks, file recipes, trees and records in immutable packs (share/doc/formats.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace mlops::store {

namespace fs = std::filesystem;

enum class Kind : std::uint8_t { chunk = 1, file = 2, tree = 3, record = 4 };
const char* to_text(Kind kind);

// A version of a path: what pointers, lock files, tree entries and records hold. `files` is 1 for a file.
struct ObjectRef {
  Kind kind = Kind::file;  // file or tree. A file of one chunk has no recipe: its chunk is the file.
  Id id;
  std::uint64_t size = 0, files = 1;
  bool operator==(const ObjectRef&) const = default;
};

// Receives the bytes of an object piece by piece.
using Sink = std::function<void(std::span<const std::byte>)>;

// Puts objects into the store. Objects become visible, all of them, with commit(); a writer that is dropped leaves
// nothing but files in tmp/. Thread-safe: several threads may put through one writer. Holds a lease, so that gc spares
// what it puts.
class Writer {
 public:
  virtual ~Writer() = default;
  // True where the object (a file's chunk or recipe, a tree) need not be put again: it is in the store and not
  // condemned.
  [[nodiscard]] virtual bool holds_file(const Id& id) const = 0;
  [[nodiscard]] virtual bool holds_tree(const Id& id) const = 0;
  virtual Id put_chunk(std::span<const std::byte> bytes) = 0;  // at most the maximum chunk size
  virtual Id put_record(std::string_view canonical_json) = 0;
  virtual Id put_tree(std::string_view encoded) = 0;  // see tree.h
  // A whole file from memory or from a descriptor (read from its start to its end).
  virtual ObjectRef put_file(std::span<const std::byte> bytes) = 0;
  virtual ObjectRef put_file(int fd, const fs::path& name) = 0;
  // fsync of packs, then of indexes, rename, fsync of directories. May be called again after more puts.
  virtual void commit() = 0;
  // Bytes that were not in the store before, as stored (after compression).
  [[nodiscard]] virtual std::uint64_t new_bytes() const = 0;
};

struct Damage {
  fs::path file;                             // the pack, index or cache
  std::string problem;                       // one sentence
  bool cache = false;                        // only an index of other things: answers do not change, gc writes it anew
  std::vector<std::pair<Kind, Id>> objects;  // what can't be read any more
};

// Readers never block and are never blocked. Thread-safe.
class Store {
 public:
  // Makes a new store (0700) in `directory`, which must not exist or be empty.
  static void create(const fs::path& directory);
  // Throws Error(state) where there is no store or its format is newer than this program.
  static std::unique_ptr<Store> open(const fs::path& directory);
  virtual ~Store() = default;

  [[nodiscard]] virtual bool has(Kind kind, const Id& id) const = 0;
  // True for a file that is one chunk or has a recipe.
  [[nodiscard]] virtual bool has_file(const Id& id) const = 0;
  // The verified bytes of one object. Throws Error(state) naming the object when it is missing or damaged.
  [[nodiscard]] virtual std::string get(Kind kind, const Id& id) const = 0;
  // The verified bytes of a whole file, in order; the file's own hash is checked at the end, before the last piece is
  // handed out. `read_range` checks its chunks only.
  virtual void read_file(const Id& id, const Sink& sink) const = 0;
  [[nodiscard]] virtual std::string read_whole_file(const Id& id,
                                                    std::uint64_t limit = std::uint64_t{1} << 30) const = 0;
  [[nodiscard]] virtual std::string read_range(const Id& id, std::uint64_t offset, std::uint64_t length) const = 0;
  [[nodiscard]] virtual std::uint64_t file_size(const Id& id) const = 0;

  // Every id of a kind that begins with the hexadecimal digits, at most `limit`.
  [[nodiscard]] virtual std::vector<Id> find(Kind kind, std::string_view prefix, std::size_t limit = 20) const = 0;
  virtual void for_each(Kind kind, const std::function<void(const Id&)>& visit) const = 0;

  virtual std::unique_ptr<Writer> writer() = 0;
  // A lease: until it is dropped, gc deletes nothing that is condemned from now on. For work that puts objects first
  // and writes down what refers to them later.
  [[nodiscard]] virtual std::shared_ptr<void> hold() = 0;
  // Looks again for packs that others added since.
  virtual void refresh() = 0;
  [[nodiscard]] virtual const fs::path& directory() const = 0;
};

}  // namespace mlops::store
