// Changes to one path inside a versioned directory, and moves: only the trees on the way are read and written, so none
// of the directory's other files need be here. Two at a time on one directory wait for each other.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/worktree.h"

namespace mlops::data {

struct InsideChange {
  ObjectRef entry;    // what stands at the path now
  ObjectRef version;  // of the directory
  std::uint64_t new_bytes = 0;
  Micros took = 0;
  bool changed = false;
};

// `paths` as they are in the work tree, none of them in another, into the version of `tracked`, in which they lie: as
// many of the first ones as snapshots() (worktree.h) takes. Throws Error(input) for what ignore files leave out.
std::vector<InsideChange> add_inside(Repository& repository, const std::string& tracked,
                                     std::span<const std::string> paths, const SnapshotOptions& options);

// Any files of the machine, under their own names, into `directory`, which is versioned or lies in `tracked`: of the
// first ones as many as a second is enough for, one at least. Where the directory is in the work tree, the files are
// written there too, as restore does.
std::vector<InsideChange> add_into(Repository& repository, const std::string& tracked, const std::string& directory,
                                   std::span<const fs::path> files, const RestoreOptions& options);

// Out of the version, and out of the work tree as untrack does. Throws Error(input) where it is in neither.
Restored remove_inside(Repository& repository, const std::string& tracked, const std::string& path,
                       const RestoreOptions& options);

// Files, pointer and line in .gitignore of a versioned path; what is unsaved moves along. Nothing is ever written over:
// throws Error(state) where something is at `to`. Killed in between, the same call goes on.
void move_tracked(Repository& repository, const std::string& from, const std::string& to);
// The same of a path inside a versioned directory.
InsideChange move_inside(Repository& repository, const std::string& tracked, const std::string& from,
                         const std::string& to);

// Of bytes that are in no version but the one that the pointer of `tracked` names, at `path`: throws Error(state), or
// with `force` says true.
bool refuse_last(Repository& repository, const std::string& tracked, const std::string& path, bool force);

// Removes `path` from the work tree as untrack does, and nothing else.
Restored clear_path(Repository& repository, const std::string& path, const RestoreOptions& options);

}  // namespace mlops::data
