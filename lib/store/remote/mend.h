// Taking damaged packs of a remote out of the count without losing what is sound in them.
#pragma once

#include <map>
#include <vector>

#include "store/remote/catalogue.h"
#include "store/remote/listing.h"
#include "store/remote/push.h"

namespace mlops::store {

struct Mended {
  std::uint64_t packs = 0;                                  // that are out of the count now
  std::uint64_t objects = 0, bytes = 0, packs_written = 0;  // sent anew, bytes as stored
  std::map<Id, std::vector<std::pair<Kind, Id>>> lost;  // by pack: what is nowhere to be had, neither here nor there
};

// What these packs hold and no other keeps is sent in new ones: from the store, else from what can still be read there.
// Then a list condemns them (condemned_packs.h), so that pushers send what is lost as soon as one of them has it, and
// gc deletes them after its grace period. Killed at any instruction, the remote is no worse than before, and the same
// call goes on. `catalogue` knows the packs. Throws Error(outside) where the remote can't be reached.
Mended mend(Store& store, ListingRemote& remote, const Catalogue& catalogue, const std::set<Id>& damaged,
            const TransferOptions& options);

}  // namespace mlops::store
