// Bringing to a remote what it lacks of everything that some roots reach.
#pragma once

#include <stop_token>

#include "base/progress.h"
#include "store/gc.h"
#include "store/link.h"
#include "store/remote/catalogue.h"

namespace mlops::store {

struct TransferOptions {
  unsigned jobs = 8;  // transfers at a time
  Progress* progress = nullptr;
  std::stop_token stop;
  // What a remote holds damaged, or says that it has not got any more, is passed over and missing, in place of an
  // error.
  bool pass_over_damaged = false, pass_over_gone = false;
  Link link =
      Link::automatic;  // how large files will be brought into the work tree: what is to be linked to is ready for it
};

struct Pushed {
  std::uint64_t objects = 0, bytes = 0, packs = 0;  // bytes as stored
};

// Packs most of which is needed go as they are, the rest in freshly written ones; every object is verified before it
// leaves. A pack's index is written last, so that a cut leaves nothing that counts. Interrupted, what is there stays,
// and the next push goes on. Throws Error(state) where something needed is damaged here (then no tree or record that
// would need it is written).
Pushed push_objects(Store& store, Remote& remote, const Catalogue& catalogue, const Roots& roots,
                    const TransferOptions& options);

}  // namespace mlops::store
