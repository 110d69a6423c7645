// fsck: what is damaged, and which files of which versions it takes with it.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.h"
#include "data/repository.h"

namespace mlops::data {

struct Affected {
  std::string named_by;  // which version: "data (here)"
  Id version;
  std::string path;      // the file or directory in it, or the versioned path itself
  std::string problem;   // "damaged" or "missing"
};

struct Verification {
  std::vector<store::Damage> damage;  // of the store, and of caches (those have `cache`)
  std::vector<Affected> affected;     // sorted by version and path
  std::vector<Affected> absent;       // of the work tree, nothing of them here: not pulled yet
  std::uint64_t elsewhere = 0;        // files and directories that are on a remote and not here: partly pulled
  std::uint64_t versions = 0;         // that were walked
  // Bytes are lost: the answer is no. A damaged cache is none of this; gc writes it anew.
  [[nodiscard]] bool whole() const;
};

// A version that is not here at all (never pulled) is not damage; nor are parts of one that a remote had when it was last
// asked. Other missing parts are.
Verification verify(Repository& repository, Progress& progress, const std::stop_token& stop = {});

}  // namespace mlops::data
