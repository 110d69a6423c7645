// Which objects of a remote are needed: everything that the roots reach through trees and recipes.
#pragma once

#include <map>
#include <vector>

#include "store/gc.h"
#include "store/local_store.h"
#include "store/marked.h"
#include "store/remote/push.h"
#include "store/remote/ranges.h"

namespace mlops::store {

using TakePlain = std::function<void(const Key&, const std::string_view plain)>;

// Each object that stands in the remote's packs, verified, one at a time.
void read_there(const Remote& remote, std::vector<PlacedKey> keys, const TransferOptions& options,
                const TakePlain& take);
// Trees and records, whose bytes their ids tell: those that are in the store from there. The remote must have the
// others.
void read_anywhere(const LocalStore& store, const Remote& remote, const Catalogue& catalogue,
                   const std::vector<Key>& keys, const TransferOptions& options, const TakePlain& take);

class RemoteMarks {
 public:
  // All of them stay alive; `objects` is an index over all packs of the catalogue.
  RemoteMarks(const LocalStore& store, const Remote& remote, const Catalogue& catalogue, const MultiIndex& objects,
              const TransferOptions& options);

  // Throws Error(state) where a tree or recipe is damaged: what it needs can't be told.
  void run(const Roots& roots);
  [[nodiscard]] bool has(std::size_t position) const { return marked_.has(position); }

 private:
  void find_other_recipes();
  void open_from_here(const Key& recipe);
  void walk();
  const LocalStore& store_;
  const Remote& remote_;
  const Catalogue& catalogue_;
  const TransferOptions& options_;
  Marked marked_;
  std::multimap<Id, Catalogue::Place> other_recipes_;  // of files whose recipes differ from one another
};

}  // namespace mlops::store
