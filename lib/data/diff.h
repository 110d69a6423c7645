// What differs between two versions of a path, or a version and the work tree. Equal sub-trees are never opened.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/worktree.h"

namespace mlops::data {

using TreeSource = std::function<store::Tree(const Id&)>;

// One side of a comparison: what stands at the path (nullopt: nothing), and where its trees come from.
struct Side {
  std::optional<ObjectRef> object;
  TreeSource trees;
  std::optional<store::Mode> mode = {};  // of a link: link; nothing: as the object is
  std::vector<std::string> odd = {};     // FIFOs, sockets and devices of the work tree; in diffs they are links
};

Side stored_side(Repository& repository, std::optional<ObjectRef> object);
// The same of a version whose trees may be elsewhere: what is in those is left out, and `absent` counts them.
Side stored_side(Repository& repository, std::optional<ObjectRef> object, std::size_t& absent);
// The work tree: hashes what the stat cache does not know, keeps nothing. What can't be versioned is part of it: links
// that lead out, a link or a FIFO in the place of a directory.
Side work_side(Repository& repository, const std::string& path, Progress* progress = nullptr,
               const std::stop_token& stop = {});

struct Change {
  std::string path;
  char kind = '~';                                // + added, - removed, ~ changed, > renamed
  std::optional<store::TreeEntry> before, after;  // files and links; never directories, but empty ones
  std::string from;                               // of what was renamed: where it was
};

// Sorted by path.
std::vector<Change> diff(const Side& before, const Side& after, const std::string& path);

// A file that went from one place and came to another with the same bytes becomes one change, at the new place. Of
// several that are equal those with the same name belong together first.
void pair_renames(std::vector<Change>& changes);

}  // namespace mlops::data
