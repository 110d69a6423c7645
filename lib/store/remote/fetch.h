// Bringing from a remote what the store lacks of the versions that are wanted. A remote may lie: nothing enters the
// store whose hash was not checked, and no length is believed before it is bounded.
#pragma once

#include <vector>

#include "store/remote/push.h"

namespace mlops::store {

struct Wanted {
  Id id;                   // a file, tree or record, with all that it reaches
  std::string path;        // for messages; for trees also what `only` is below
  std::string only;        // of a tree: this path below it alone (and all below that); "" = everything
  bool trees = false;      // of a tree: no files, only the trees in it; of a file nothing
  std::uint64_t size = 0;  // of a file, where known
};

struct Fetched {
  std::uint64_t objects = 0, bytes = 0;  // bytes as stored
  std::vector<std::string> missing;      // paths that the remote lacks
  std::vector<std::string> damaged;      // of these, what it has, but not as it should be
};

// What arrives is committed in steps, so that an interrupted fetch goes on where it was.
Fetched fetch_objects(Store& store, const Remote& remote, const Catalogue& catalogue, const std::vector<Wanted>& wanted,
                      const TransferOptions& options);

// For repair: these objects, and not what they reach, written anew although the store may list them. What the remote
// lacks, or holds damaged as well, is passed over and stands in `missing`.
Fetched fetch_again(Store& store, const Remote& remote, const Catalogue& catalogue, const std::vector<Key>& keys,
                    const TransferOptions& options);

}  // namespace mlops::store
