// What of git stands against versioning a path: rules that would keep its pointer out of every commit, and files that
// git has.
#pragma once

#include <cstddef>
#include <string>

#include "data/repository.h"

namespace mlops::data {

// Throws Error(input) naming the rule where git ignores the pointer of `path`, unless git has the pointer all the same.
void refuse_ignored_pointer(const Repository& repository, const std::string& path);

// Throws Error(input) for git's own files (.gitignore and the like), and where git has files at or in `path`: their
// bytes would go into every commit beside the pointer.
void refuse_what_git_has(const Repository& repository, const std::string& path);
// How many they are.
std::size_t files_that_git_has(const Repository& repository, const std::string& path);

// As ignore_in_git (worktree.h), where git does not ignore `path` by another line already.
void mend_ignore_line(const Repository& repository, const std::string& path);

}  // namespace mlops::data
