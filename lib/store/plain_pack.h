// Looking up and verifying plain packs inside the store; plain_file.h is the public side.
#pragma once

#include <map>

#include "store/local_store.h"
#include "store/pack_set.h"
#include "store/recipe.h"
#include "store/verified_packs.h"

namespace mlops::store {

// The plain pack that is this file, or null.
const Pack* plain_pack_of(const PackSet& set, const Recipe& recipe);
Id hash_of_file(int fd, const fs::path& name);
// Notes that packs which look like this are known to be whole, or known not to be. One that looks different by now is
// to be verified. In a store that can't be written to, they are read again each time.
void note_verified(const Layout& layout, const std::map<Id, FileStat>& packs, bool whole);
// Whether the pack's bytes are what its index says: by its state, or by reading it.
bool verified_now(const Layout& layout, const Pack& pack);
bool verified_now(const Layout& layout, const Pack& pack, const VerifiedPacks& list);

}  // namespace mlops::store
