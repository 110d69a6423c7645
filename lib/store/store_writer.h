// Puts objects into new packs of a local store. See Writer in store.h for what it promises.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_set>
#include <vector>

#include "store/condemned.h"
#include "store/lease.h"
#include "store/link.h"
#include "store/local_store.h"
#include "store/pack_builder.h"
#include "store/verified_packs.h"

namespace mlops::store {

class StoreWriter : public Writer {
 public:
  // `rewrite` puts objects again although the store has them (gc moves them to other packs).
  explicit StoreWriter(LocalStore& store, bool rewrite = false);

  [[nodiscard]] bool holds_file(const Id& id) const override;
  [[nodiscard]] bool holds_tree(const Id& id) const override;
  Id put_chunk(std::span<const std::byte> bytes) override;
  Id put_record(std::string_view canonical_json) override;
  Id put_tree(std::string_view encoded) override;
  ObjectRef put_file(std::span<const std::byte> bytes) override;
  ObjectRef put_file(int fd, const fs::path& name) override;
  void commit() override;
  [[nodiscard]] std::uint64_t new_bytes() const override { return new_bytes_; }

  void set_link(Link link) { link_ = link; }
  // The file system has been seen not to share blocks between files.
  [[nodiscard]] bool clones_fail() const { return clones_fail_; }
  void note_that_clones_fail() { clones_fail_ = true; }
  // True where the object is in the store, not condemned, and need not be put.
  [[nodiscard]] bool holds(const Key& key) const { return stored(key); }
  void put_recipe(const Recipe& recipe);
  // A plain pack, complete.
  void add_plain(std::unique_ptr<PackBuilder> pack);
  // The same where `file`, outside the store, has the same blocks or is the same file: commit() throws Error(input)
  // where the pack is not as it was, but for its names and mode, when its bytes were read.
  void add_shared(std::unique_ptr<PackBuilder> pack, const FileStat& as_read, const fs::path& file);
  // A payload as another pack holds it, already checked.
  void put_stored(const Key& key, std::string_view stored, std::uint32_t plain);
  // Names of the packs that were committed.
  [[nodiscard]] const std::vector<Id>& written() const { return written_; }

 private:
  // Claims the object for the caller; false where it need not be put.
  bool claim(const Key& key);
  [[nodiscard]] bool stored(const Key& key) const;
  void put(const Key& key, std::span<const std::byte> plain);
  void append(const Key& key, const Id& digest, std::string_view stored, std::uint32_t plain);
  std::vector<std::unique_ptr<PackBuilder>> take_packs();
  void look_at_shared_packs();

  LocalStore& store_;
  Lease lease_;  // before the list is read: gc looks at leases first
  Condemned condemned_;
  std::shared_ptr<const PackSet> packs_;  // as of the beginning or the last commit; nothing when rewriting
  std::set<const Pack*> changed_;  // linked packs whose bytes were changed through a link: what they hold is put again
  bool rewrite_;
  Link link_ = Link::automatic;
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_set<Key, KeyHash> claimed;
  };
  std::array<Shard, 16> shards_;
  std::mutex mutex_;
  std::unique_ptr<PackBuilder> current_;
  std::vector<std::unique_ptr<PackBuilder>> full_;
  struct Shared {
    const PackBuilder* pack;  // among full_
    FileStat as_read;
    fs::path file;
  };
  void publish_all(const std::vector<std::unique_ptr<PackBuilder>>& packs);
  void publish(const std::vector<std::unique_ptr<PackBuilder>>& packs, const std::vector<Shared>& shared);
  static void check_unchanged(const std::vector<Shared>& shared);
  void note_unchanged(const std::vector<Shared>& shared) const;
  std::vector<Shared> shared_;
  std::vector<Id> written_;
  std::atomic<bool> failed_{
      false};  // an object that others may rely on was claimed and not written: nothing may be committed
  std::atomic<bool> clones_fail_{false};
  std::atomic<std::uint64_t> new_bytes_{0};
};

}  // namespace mlops::store
