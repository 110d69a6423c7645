// Keeps git away from the store where the work tree has no .mlops/.gitignore: on a branch from before mlops, git add
// would take packs into commits, and git clean would delete them.
#pragma once

#include "data/repository.h"

namespace mlops::data {

// Adds lines for .mlops in the work tree `root` to info/exclude of git's directory, which all work trees share, unless
// they are there. Nothing where there is no git repository, where git ignores the work tree as a whole, or where
// info/exclude is a link, which other repositories may share. Throws Error where it can't be written.
void exclude_from_git(const fs::path& root);
// The same where it can be: git's directory may be read-only, as for a job in a container that brings the store along,
// and that hinders nothing.
void try_to_exclude_from_git(const fs::path& root);

}  // namespace mlops::data
