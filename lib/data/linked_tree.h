// A linked work tree (git worktree add) uses the store of the main one. Which that is, git's own files say; where they
// lead astray, nothing is taken for it, lest versions are put where nobody looks for them. Private to this module.
#pragma once

#include <filesystem>

namespace mlops::data {

namespace fs = std::filesystem;

// .mlops of the main work tree where `root` is a linked one whose main one has it, else "". Throws Error(state) where
// the repository of a work tree or submodule is not where its .git leads, or looks for it elsewhere.
fs::path state_of_main(const fs::path& root);

// Throws Error(state) where `own`, .mlops of a linked work tree, has a store beside `main`: one made while the two did
// not know each other, which nothing reads.
void refuse_second_store(const fs::path& own, const fs::path& main);

}  // namespace mlops::data
