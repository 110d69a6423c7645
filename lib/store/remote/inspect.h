// Verifies what lies on a remote.
#pragma once

#include <vector>

#include "store/remote/catalogue.h"
#include "store/remote/push.h"
#include "store/store.h"

namespace mlops::store {

struct Inspection {
  std::uint64_t packs = 0, objects = 0, listings = 0;
  std::uint64_t condemned = 0;   // of these packs: a later gc deletes them; whoever reads the lists fills it in
  std::uint64_t bytes = 0;       // of packs, as listed
  std::uint64_t unfinished = 0;  // packs without an index: what cut pushes left; they count for nothing
  std::vector<Damage> damage;    // `file` is the name on the remote
};

// Every index is read and held against its name, every pack's size against its index, every listing is parsed; with
// `deep` every byte of every pack is read and each object's hash checked. Throws Error(outside) where the remote can't
// be reached.
Inspection inspect(const Remote& remote, bool deep, const TransferOptions& options);

}  // namespace mlops::store
