#include "data/work_trees.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "code/git.h"

namespace mlops::data {
namespace {

std::string quote(const fs::path& path) { return "\"" + printable(path.string()) + "\""; }

// Only where the store lies beside the main work tree's .git (see Repository::open).
bool shares_store(const Repository& repository, const code::Git& git) {
  return git.main_work_tree() / ".mlops" == repository.state();
}

// Another repository was made where it was.
bool is_another(const code::Git::WorkTree& tree) {
  std::error_code error;
  const fs::path link = tree.path / ".git";
  if (fs::is_directory(fs::symlink_status(link, error))) return true;
  if (!fs::is_regular_file(fs::symlink_status(link, error))) return false;
  const auto git = code::Git::discover(tree.path);
  return git && git->common_directory() != tree.git_folder.parent_path().parent_path();
}

bool is_there(const code::Git::WorkTree& tree) {
  struct stat info {};
  if (tree.path.empty()) return false;
  if (::lstat(tree.path.c_str(), &info) == 0) return S_ISDIR(info.st_mode) && !is_another(tree);
  if (errno != ENOENT && errno != ENOTDIR)
    throw state_error(
        "the git work tree " + quote(tree.path) + " shares this store and can't be read: " + std::strerror(errno),
        "make it readable, or git worktree remove " + printable(tree.path.string()));
  if (tree.locked)
    throw state_error(
        "the git work tree " + quote(tree.path) +
            " shares this store, is locked and not there, so what it needs is unknown",
        "mount it, or git worktree unlock " + printable(tree.path.string()) + "   if it will not come back");
  return false;
}

}  // namespace

std::vector<fs::path> shared_work_trees(const Repository& repository) {
  std::vector<fs::path> out{repository.root()};
  const auto git = code::Git::discover(repository.root());
  if (!git || !shares_store(repository, *git)) return out;
  const auto add = [&](const fs::path& path) {
    if (std::find(out.begin(), out.end(), path) == out.end()) out.push_back(path);
  };
  add(git->main_work_tree());
  for (const auto& tree : git->linked_work_trees())
    if (is_there(tree)) add(fs::canonical(tree.path));
  return out;
}

}  // namespace mlops::data
