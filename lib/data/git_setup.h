// What `mlops init` tells git: how pointers are merged, and, where it is asked to, which hooks to run. All of it stands
// in the user's own .git (never in what a clone brings), and names this program by a path that no commit can replace.
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"

namespace mlops::data {

struct GitSetup {
  bool git = false;      // is there a git repository
  bool changed = false;  // something was written
  std::string warning;   // one sentence: why nothing could be set up, or ""
};

// Sets merge.mlops.* in .git/config, adds lines for pointers and mlops.lock to the .gitattributes of the work tree
// `root`, and such for .mlops to git's info/exclude (git_exclude.h). Again it only mends what is missing or names
// another program.
GitSetup set_merge_driver(const fs::path& root);

// Writes the hooks post-checkout, post-merge, pre-push and post-rewrite where git looks for them, and returns those
// that were written. Of several mlops repositories in one of git's each is run by them: the others' lines stay. Throws
// Error(state) before anything is written, where one is there that somebody else wrote and that does not run ours
// (hint: the line to add to it), or where the folder of hooks serves other repositories too.
std::vector<std::string> set_hooks(const fs::path& root);

// True where .gitattributes asks for the merge driver and .git/config has none, as in a fresh clone. Reads two small
// files, and opens no git repository; false where it can't tell (a linked work tree).
bool lacks_merge_driver(const Repository& repository);

}  // namespace mlops::data
