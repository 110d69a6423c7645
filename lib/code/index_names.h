// The file names in git's index, read without libgit2, which takes longer to load than this takes to read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlops::code {

namespace fs = std::filesystem;

// Of the repository that holds `start`: where its work tree begins, and the names in its index, relative to that,
// sorted; none where nothing was ever staged. nullopt where only libgit2 can tell: a linked work tree, a submodule, an
// index of another layout.
struct IndexNames {
  fs::path work_tree;
  std::vector<std::string> names;
};
std::optional<IndexNames> index_names(const fs::path& start);

// Versions 2 and 3 of https://git-scm.com/docs/index-format, of a repository with SHA-1, not split.
std::optional<std::vector<std::string>> parse_index(std::string_view bytes);

}  // namespace mlops::code
