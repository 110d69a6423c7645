// Verifies everything in a store: checksums of packs, indexes and caches, and every object's own hash.
#pragma once

#include <stop_token>
#include <vector>

#include "base/progress.h"
#include "store/store.h"

namespace mlops::store {

// What is wrong, pack by pack. Left-overs of killed processes (packs without an index, files in tmp) are no damage.
std::vector<Damage> check(Store& store, Progress& progress, const std::stop_token& stop = {});
// Packs whose index was lost. Those of a writer that was killed between its two renames have theirs in tmp, and are
// none.
std::vector<fs::path> packs_without_index(const Store& store);

}  // namespace mlops::store
