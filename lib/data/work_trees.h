// The work trees that put their versions into one store: git's linked ones (git worktree add) use the main one's.
#pragma once

#include <vector>

#include "data/repository.h"

namespace mlops::data {

// The directories of all that share the repository's store and are there, its own first. One that is gone is left out:
// what git still knows of it (HEAD, index, reflog) is in git's common folder. Throws Error(state) naming one that can't
// be looked at.
std::vector<fs::path> shared_work_trees(const Repository& repository);

}  // namespace mlops::data
