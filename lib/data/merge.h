// Three versions of a path become one: what only one side changed is taken from it, path by path; what both changed
// differently is a conflict. Equal directories are never opened, and no file's bytes are needed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/tree_edit.h"

namespace mlops::data {

struct MergeConflict {
  std::string path;
  std::optional<store::TreeEntry> base, ours, theirs;  // nullopt: nothing is there
};

// Without conflicts both are the same. With some, both hold everything that could be merged, and in the places of the
// conflicts what one side has: so that either can be taken.
struct MergedVersion {
  ObjectRef with_ours, with_theirs;
  std::vector<MergeConflict> conflicts;  // sorted by path
};

// Throws Error(state) where a tree of a directory that both sides changed is not in the store; Error(input) where both
// together can't stand in one directory (names that fold to one another, one a link or directory).
MergedVersion merge_versions(TreeEdit& edit, const std::optional<ObjectRef>& base, const ObjectRef& ours,
                             const ObjectRef& theirs, const std::string& path);

// The pointer files of three sides, `base` empty where the file is new on both. `text` is a pointer; where there are
// conflicts one with git's markers, `marker` signs long, between which each side's lines stand.
struct MergedPointer {
  std::string text;
  std::vector<MergeConflict> conflicts;
  bool clean = true;
};
MergedPointer merge_pointers(TreeEdit& edit, const std::string& base, const std::string& ours,
                             const std::string& theirs, const std::string& path, std::size_t marker);
// Two sides as they are, between markers: where nothing can be merged. With `says_so` the markers of a pointer say
// that.
std::string marked_sides(const std::string& ours, const std::string& theirs, std::size_t marker, bool says_so);

}  // namespace mlops::data
