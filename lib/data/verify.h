// fsck: what is damaged, and which files of which versions it takes with it.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.h"
#include "data/repository.h"
#include "store/object_key.h"

namespace mlops::data {

struct Affected {
  std::string named_by;  // which version: "data (here)"
  Id version;
  std::string path;     // the file or directory in it, or the versioned path itself
  std::string problem;  // "damaged" or "missing"
};

struct Verification {
  std::vector<store::Damage> damage;  // of the store, and of caches (those have `cache`)
  std::vector<Affected> affected;     // sorted by version and path
  std::vector<Affected> absent;       // of the work tree, nothing of them here: not pulled yet
  std::uint64_t elsewhere = 0;        // files and directories that are on a remote and not here: partly pulled
  std::uint64_t versions = 0;         // that were walked
  // What repair asks remotes for, sorted: objects behind `affected`, and those behind `elsewhere`. Of a file that is
  // not here it can't be told whether it is one chunk or has a recipe, so both stand here.
  std::vector<store::Key> lost, away;
  // Bytes are lost: the answer is no. A damaged cache is none of this; gc writes it anew.
  [[nodiscard]] bool whole() const;
};

// A version that is not here at all (never pulled) is not damage; nor are parts of one that a remote had when it was
// last asked. Other missing parts are.
Verification verify(Repository& repository, Progress& progress, const std::stop_token& stop = {});
// Walks the versions again, believing what `before` says of damage but for objects that can be read by now. The
// repository must have been opened since.
Verification verify_again(Repository& repository, std::vector<store::Damage> before);

}  // namespace mlops::data
