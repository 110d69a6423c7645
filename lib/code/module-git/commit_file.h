// Commits of one file, beside whatever else is staged or changed.
#pragma once

#include <optional>
#include <string>

#include "code/git.h"
#include "code/module-git/git_pointers.h"

namespace mlops::code {

// As Git::cannot_commit, commit_file and release_dead_locks say. `parent` null: the first commit of the branch.
std::optional<Git::Obstacle> obstacle_to_commits(git_repository* repository);
std::string commit_file(git_repository* repository, const git_commit* parent, const Git::FileCommit& commit);
void release_dead_locks(git_repository* repository);

}  // namespace mlops::code
