// What a remote holds: its pack indexes, kept in a local folder so that only new ones are fetched.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "store/multi_index.h"
#include "store/remote/condemned_packs.h"
#include "store/remote/remote.h"

namespace mlops::store {

// Where packs and their indexes stand on a remote.
std::string pack_name(const Id& pack);
std::string index_name(const Id& pack);

// Throws Error(outside) where `folder` knows of packs on the remote and nothing at all is left there: what was mounted
// is not, or somebody moved it; to write to what is in its place, or to read from it, would be wrong.
void require_there(const Remote& remote, const fs::path& folder);

class Catalogue;
// Packs that are lost or cut, but for condemned ones with which nothing is lost.
std::set<Id> broken_packs(const Catalogue& catalogue);

class Catalogue {
 public:
  // Lists the remote's packs, then takes its lists of condemned ones, and fetches indexes that `folder` has not got. As
  // require_there. An index that is not what its name says is an Error(state) naming it; packs whose index is not there
  // (yet, or any more) do not count, nor do those that are lost while their index is left. Of one that has another size
  // than its index says pushers rely on nothing, while readers still look into it.
  Catalogue(const Remote& remote, const fs::path& folder);
  // With lists that were taken before.
  Catalogue(const Remote& remote, const fs::path& folder, CondemnedPacks condemned);

  // What the remote held when it was last asked; nothing is fetched.
  explicit Catalogue(const fs::path& folder);

  struct Place {
    Id pack;
    Extent extent;
  };
  // In a condemned pack only where no other has it.
  [[nodiscard]] std::optional<Place> find(const Key& key) const;
  [[nodiscard]] bool has(const Key& key) const { return find(key).has_value(); }
  // Of whatever kind.
  [[nodiscard]] bool has(const Id& id) const;
  // Whether a pack that is whole and not condemned has it: what pushers may rely on.
  [[nodiscard]] bool keeps(const Key& key) const { return lasting_->position(key).has_value(); }
  // The plain pack that is this file, where it is not condemned.
  [[nodiscard]] std::optional<Id> plain_pack(const Id& file) const;
  [[nodiscard]] std::size_t packs() const { return indexes_.size(); }
  void for_each_pack(const std::function<void(const Id& name, const PackIndex& index)>& visit) const;
  [[nodiscard]] const CondemnedPacks& condemned() const { return condemned_; }
  // Packs that are gone, of which only the index is left, and those of another size than theirs says.
  [[nodiscard]] const std::set<Id>& lost() const { return lost_; }
  [[nodiscard]] const std::set<Id>& cut() const { return cut_; }
  void for_each_lost(const std::function<void(const Id& name, const PackIndex& index)>& visit) const;
  // Whether nothing is lost with it: everything that its index names is kept by other packs. False for one that is not
  // known.
  [[nodiscard]] bool can_be_spared(const Id& pack) const;

 private:
  void load(const Remote& remote, const fs::path& folder, std::vector<Remote::Item> items);
  void build();
  void sort_out_broken(const Remote& remote, const std::map<Id, std::uint64_t>& sizes);
  bool take_kept(const fs::path& folder, const Id& name);
  static std::unique_ptr<PackIndex> fetch(const Remote& remote, const fs::path& folder, const Remote::Item& item,
                                          const Id& name);
  CondemnedPacks condemned_;
  using Indexes = std::vector<std::pair<Id, std::unique_ptr<PackIndex>>>;
  Indexes indexes_, of_lost_;
  std::set<Id> lost_, cut_;
  std::unique_ptr<MultiIndex> lasting_, passing_;  // of packs that may be relied on, and of condemned and cut ones
  std::map<Id, Id> plain_;                         // file → pack
};

}  // namespace mlops::store
