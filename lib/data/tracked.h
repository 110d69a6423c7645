// Which versioned paths a work tree has, and where another repository begins in it.
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"

namespace mlops::data {

// Relative to the root, sorted.
struct TrackedFiles {
  std::vector<std::string> paths;         // each has a PATH.mlops
  std::vector<std::string> locks;         // every mlops.lock
  std::vector<std::string> repositories;  // directories that begin one of their own, not looked into
};
// Of the repository's own work tree: what git does not ignore, and what its index has all the same.
TrackedFiles tracked_files(const Repository& repository);
// All of a work tree, which need not be the repository's own, for gc: unlike tracked_paths() (worktree.h) also what
// lies in directories that git ignores, whether or not git knows of it. Throws Error where a directory can't be read,
// but for somebody else's among the ignored.
TrackedFiles every_tracked_file(const fs::path& root);

// The directory, `path` or one above it, in which a repository of its own begins: it has a .git, or an .mlops with a
// configuration. Relative to the root, "" where there is none.
std::string repository_around(const fs::path& root, const std::string& path);

// What the user typed relative to the root (Repository::relative); of a pointer the path that it stands for. Throws
// Error(input) where it is another repository's.
std::string own_path(const Repository& repository, const fs::path& typed);

}  // namespace mlops::data
