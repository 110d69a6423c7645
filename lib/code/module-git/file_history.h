// One file through the commits of a repository.
#pragma once

#include <string>
#include <vector>

#include "code/git.h"
#include "code/module-git/git_pointers.h"

namespace mlops::code {

Commit commit_of(git_commit* commit);
// As Git::history says, from `tip`.
std::vector<Git::FileVersion> file_history(git_repository* repository, const git_oid& tip, const std::string& path,
                                           const std::string& mention);

}  // namespace mlops::code
