// Takes damaged packs out of a store: what can still be read in them is written into new ones.
#pragma once

#include <set>
#include <vector>

#include "store/object_key.h"
#include "store/store.h"

namespace mlops::store {

struct Salvaged {
  std::uint64_t objects = 0;       // moved to new packs
  std::uint64_t packs = 0;         // removed, or replaced under the same name
  std::vector<fs::path> set_aside;  // packs whose index is damaged, in .mlops/damaged: what else was in them can't be told
};

// `damage` as check() found it. A pack with an object in it that is `lost` (needed, and to be read nowhere) stays as it is, so that
// nothing is thrown away which somebody may yet mend; packs with a damaged index stay while anything is lost. Needs a store that was
// opened after whatever was written last. Throws Error(state) where a gc is at work.
Salvaged salvage(Store& store, const std::vector<Damage>& damage, const std::set<Key>& lost);

}  // namespace mlops::store
