// Trees: sorted, canonical directory versions. One content has one encoding; readers refuse everything else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace mlops::store {

enum class Mode : std::uint8_t { file = 1, executable = 2, link = 3, directory = 4 };

struct TreeEntry {
  std::string name;  // bytes; see valid_name
  Mode mode = Mode::file;
  Id id;                    // of the file, the link's target text (a file object), or the sub-tree
  std::uint64_t size = 0;   // of the file; of a directory all bytes below
  std::uint64_t files = 1;  // of a directory: files below
  bool operator==(const TreeEntry&) const = default;
};

using Tree = std::vector<TreeEntry>;

// Directories below each other; far more than a path can name. Who walks by recursion refuses deeper trees.
inline constexpr std::size_t k_deepest_tree = 512;

// Sorts, checks and encodes. Throws Error(input) naming the entry that can't stand in a tree.
std::string encode_tree(Tree entries);
// Throws Error(state) on unsorted, repeated, unknown or left-over bytes and on invalid names.
Tree decode_tree(std::string_view encoded);

// Not empty, `.`, `..`, `.git` or `.mlops` in any letter case or Unicode fold; no `/` and no NUL.
bool valid_name(std::string_view name);
// Names that a folding file system takes for one have equal folds.
std::string fold_name(std::string_view name);
// A link's target stays inside the tree when it stands in a directory `depth` levels below the root.
bool target_stays_inside(std::string_view target, std::size_t depth);

}  // namespace mlops::store
