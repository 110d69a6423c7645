// What the work trees of a repository (git worktree add) name besides the refs that all of them share: HEAD, the
// reflog, the index, and merges and rebases in progress. Read from git's own files, so that it is known where a
// directory is gone too.
#pragma once

#include <git2.h>

#include <filesystem>
#include <string>
#include <vector>

#include "code/git.h"

namespace mlops::code {

// Git's folder of each work tree: the common one, then those of the linked ones, sorted. Throws Error(state).
std::vector<fs::path> work_tree_folders(const fs::path& common);

// Where the work tree of such a folder lies, as git last knew it. Not for the common one.
Git::WorkTree linked_work_tree(const fs::path& folder);

// Commits (AUTO_MERGE: a tree) that it names now, in HEAD, where it is detached, and what is in progress, and those of
// its reflogs; in the common folder these are all refs' too. Throws Error(state) naming what can't be read.
std::vector<git_oid> heads_of(const fs::path& folder, bool common);
// What merges and rebases in progress have put away (--autostash); among heads_of too.
std::vector<git_oid> autostashes_of(const fs::path& folder);
std::vector<git_oid> logged_of(const fs::path& folder);
// One reflog, "logs/refs/stash".
std::vector<git_oid> reflog_of(const fs::path& folder, const char* name);

}  // namespace mlops::code
