// Takes damaged packs out of a store: what can still be read in them is written into new ones.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "store/object_key.h"
#include "store/store.h"

namespace mlops::store {

struct Salvaged {
  std::uint64_t objects = 0;           // moved to new packs
  std::uint64_t packs = 0;             // removed, or replaced under the same name
  std::vector<std::string> own_files;  // of the work tree, that were links to such a pack
  std::vector<fs::path>
      set_aside;  // packs whose index is damaged, in .mlops/damaged: what else was in them can't be told
};

// Makes files of their own, with the pack's bytes as they are, of the links to it in a work tree: changes made through
// such a link are nowhere else. Returns their paths.
using OwnLinks = std::function<std::vector<std::string>(const fs::path& pack)>;

// `damage` as check() found it. A pack with an object in it that is `lost` (needed, and to be read nowhere) stays as it
// is, so that nothing is thrown away which somebody may yet mend; packs with a damaged index stay while anything is
// lost. Needs a store that was opened after whatever was written last. Throws Error(state) where a gc is at work.
Salvaged salvage(Store& store, const std::vector<Damage>& damage, const std::set<Key>& lost, const OwnLinks& own_links);

}  // namespace mlops::store
