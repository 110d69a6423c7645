// What a remote holds: its pack indexes, kept in a local folder so that only new ones are fetched.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "store/multi_index.h"
#include "store/remote/remote.h"

namespace mlops::store {

class Catalogue {
 public:
  // Lists the remote's packs and fetches indexes that `folder` has not got. An index that is not what its name says is an
  // Error(state) naming it; packs whose index is not there (yet) do not count.
  Catalogue(const Remote& remote, const fs::path& folder);

  // What the remote held when it was last asked; nothing is fetched.
  explicit Catalogue(const fs::path& folder);

  struct Place {
    Id pack;
    Extent extent;
  };
  [[nodiscard]] std::optional<Place> find(const Key& key) const;
  [[nodiscard]] bool has(const Key& key) const { return find(key).has_value(); }
  // The plain pack that is this file.
  [[nodiscard]] std::optional<Id> plain_pack(const Id& file) const;
  [[nodiscard]] std::size_t packs() const { return indexes_.size(); }
  // Packs that were there when we looked before and are not any more.
  [[nodiscard]] std::size_t vanished() const { return vanished_; }

 private:
  void build();
  bool take_kept(const fs::path& folder, const Id& name);
  static std::unique_ptr<PackIndex> fetch(const Remote& remote, const fs::path& folder, const Remote::Item& item, const Id& name);
  std::vector<std::pair<Id, std::unique_ptr<PackIndex>>> indexes_;
  std::unique_ptr<MultiIndex> all_;
  std::map<Id, Id> plain_;  // file → pack
  std::size_t vanished_ = 0;
};

}  // namespace mlops::store
