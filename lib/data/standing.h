// How a versioned path stands: what the work tree has against a version, and what of the version is not here at all.
// What was never brought here is no change: nobody removed it.
#pragma once

#include <string>
#include <vector>

#include "data/diff.h"

namespace mlops::data {

struct Standing {
  store::Kind kind = store::Kind::file;
  bool missing = false;                // nothing stands at the path, or git-lfs's text that stands for this version
  bool stored = true;                  // false: the version itself is not in the store, so nothing can be compared
  std::uint64_t absent = 0;            // files of the version that are not in the store, as far as anything differs
  std::vector<Change> changes;         // sorted; but for what is absent and not in the work tree
  std::vector<std::string> odd;        // what can't be versioned: FIFOs, sockets, devices
  std::optional<ObjectRef> here = {};  // what stands at the path, where that could be a version
  [[nodiscard]] bool clean() const { return !missing && stored && absent == 0 && changes.empty() && odd.empty(); }
};

// `version` nullopt: the path has none. Hashes what the stat cache does not know, keeps nothing.
Standing standing(Repository& repository, const std::string& path, const std::optional<ObjectRef>& version,
                  Progress* progress = nullptr, const std::stop_token& stop = {});

// From one version to the next, both as far as the store has them.
struct Step {
  std::uint64_t added = 0, removed = 0, changed = 0;
  std::vector<std::string> unseen;  // of what is removed or changed: files whose bytes never were here, sorted
  bool known = true;                // false: the version before is not wholly here, so all of it may be unseen
};
Step step_between(Repository& repository, const ObjectRef& before, const ObjectRef& after, const std::string& path);

}  // namespace mlops::data
