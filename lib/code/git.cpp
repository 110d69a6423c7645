#include "code/git.h"

#include "base/module.h"
#include "code/git_library.h"

namespace mlops::code {
namespace {

// Where no directory from here to the root has a .git, there is no repository, and libgit2 need not be asked.
bool may_be_inside(const fs::path& start) {
  std::error_code ignored;
  for (fs::path at = fs::absolute(start, ignored).lexically_normal();; at = at.parent_path()) {
    if (fs::exists(at / ".git", ignored)) return true;
    if (at == at.parent_path()) return false;
  }
}

}  // namespace

std::unique_ptr<Git> Git::discover(const fs::path& start) {
  if (!may_be_inside(start)) return nullptr;
  return static_cast<GitLibrary*>(open_module("git"))->discover(start);
}

std::string Git::prefix_of(const fs::path& directory) const {
  const auto below = directory.lexically_relative(work_tree());
  return below.empty() || below == "." ? "" : below.string() + "/";
}

}  // namespace mlops::code
