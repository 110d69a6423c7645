// The packs of a store as one process has found them: an unchanging view, replaced whole when it looks again.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "store/layout.h"
#include "store/multi_index.h"
#include "store/pack_index.h"
#include "store/store.h"

namespace mlops::store {

// One pack with its index. Files are opened on first use; all calls are thread-safe.
class Pack {
 public:
  Pack(const Layout& layout, const Id& name);

  [[nodiscard]] const Id& name() const { return name_; }
  [[nodiscard]] const fs::path& file() const { return file_; }
  // Nothing, and `problem()` a sentence, where the index is damaged or not there. Throws Error(outside) where it can't
  // be opened or read: that says nothing about what is in it.
  [[nodiscard]] const PackIndex* index() const;
  [[nodiscard]] const std::string& problem() const { return problem_; }
  // The stored bytes. Throws Error(state) where the pack is too short; gone() where it is not there any more.
  [[nodiscard]] std::string read(const Extent& extent) const;
  void read(const Extent& extent, char* to) const;
  // Gives back the descriptor; the next read opens the pack again.
  void close() const;

 private:
  [[nodiscard]] std::shared_ptr<const Fd> descriptor() const;
  Id name_;
  fs::path file_, index_file_;
  mutable std::once_flag index_once_;
  mutable std::unique_ptr<PackIndex> index_;
  mutable std::string problem_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Fd> fd_;
};

struct Place {
  const Pack* pack = nullptr;
  Extent extent;
};

class PackSet {
 public:
  // Takes over the packs of `before` that are still there.
  static std::shared_ptr<const PackSet> load(const Layout& layout, const PackSet* before = nullptr);

  // Others may have added or removed packs since. (Right after others did, what came within the same tick of the file
  // system's clock is seen a few milliseconds late: who asks for many objects that are not here can't list the packs
  // for each.)
  [[nodiscard]] bool outdated(const Layout& layout) const;
  // Nothing also where fsck is known to have found every copy of it damaged (known_damage.h).
  [[nodiscard]] std::optional<Place> find(const Key& key) const;
  // Every place, for when the first one is damaged.
  [[nodiscard]] std::vector<Place> find_all(const Key& key) const;
  // Visits keys not less than `from`, each source in order, until visit returns false for a source. Keys may repeat.
  void scan(const Key& from, const std::function<bool(const Key&)>& visit) const;

  [[nodiscard]] const std::vector<std::shared_ptr<const Pack>>& packs() const { return packs_; }  // sorted by name
  // Packs that the multi-pack index does not cover.
  [[nodiscard]] std::size_t loose() const { return loose_.size(); }
  [[nodiscard]] bool multi_index_worth_writing() const;
  [[nodiscard]] bool multi_index_damaged() const { return multi_damaged_; }
  // Of all packs with a whole index.
  [[nodiscard]] std::string encode_multi_index(const std::set<const Pack*>& without = {}) const;
  [[nodiscard]] std::vector<const Pack*> damaged_indexes() const;

 private:
  [[nodiscard]] std::optional<Place> find_first(const Key& key) const;
  void take_multi_index(MappedFile file);
  std::vector<std::shared_ptr<const Pack>> packs_;
  std::unique_ptr<MultiIndex> multi_;
  std::vector<const Pack*> covered_;  // by position in multi_
  std::vector<const Pack*> loose_;
  bool multi_damaged_ = false;
  std::map<Key, std::set<Id>> damaged_;  // and in which packs
  std::int64_t changed_ = 0;             // the directory's mtime, ns
  std::chrono::steady_clock::time_point
      again_;  // from then on what was too fresh to tell later changes by is looked at again
};

}  // namespace mlops::store
