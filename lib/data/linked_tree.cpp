#include "data/linked_tree.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "code/git.h"

namespace mlops::data {
namespace {

constexpr std::uint64_t k_limit = 1 << 16;  // bytes of a .git file

std::string quote(const fs::path& path) { return "\"" + printable(path.string()) + "\""; }

bool is(const fs::path& path, mode_t kind) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && (info.st_mode & S_IFMT) == kind;
}

// What the file .git leads to; "" where it is none of git's.
fs::path git_folder_of(const fs::path& root) {
  const std::string text = read_file(root / ".git", k_limit);
  constexpr std::string_view k_begin = "gitdir: ";
  if (!text.starts_with(k_begin)) return {};
  return (root / trim(std::string_view(text).substr(k_begin.size()))).lexically_normal();
}

bool is_of_linked_tree(const fs::path& folder) { return folder.parent_path().filename() == "worktrees"; }

void refuse_lost(const fs::path& root, const fs::path& folder) {
  if (folder.empty() || is_there(folder)) return;
  const bool linked = is_of_linked_tree(folder);
  throw state_error("the repository of the git " + std::string(linked ? "work tree " : "submodule ") + quote(root) +
                        " is not where it was: there is no " + quote(folder),
                    linked ? "where the repository is now: git worktree repair " + shell_word(root.string())
                           : "in the repository that it is a part of: git submodule update --init");
}

// gc would take it for deleted, and delete what only its files name.
void refuse_moved(const fs::path& root, const fs::path& folder, const fs::path& known) {
  std::error_code ignored;
  if (!is_of_linked_tree(folder) || fs::equivalent(root, known, ignored)) return;
  throw state_error("the git work tree " + quote(root) +
                        " was moved or copied by hand: its repository looks for it in " + quote(known),
                    "git worktree repair   typed in " + printable(root.string()));
}

}  // namespace

fs::path state_of_main(const fs::path& root) {
  if (!is(root / ".git", S_IFREG)) return {};
  const fs::path folder = git_folder_of(root);
  refuse_lost(root, folder);
  const auto git = code::Git::discover(root);
  if (!git) return {};
  refuse_moved(root, folder, git->work_tree());
  if (git->main_work_tree() == root) return {};
  const fs::path state = git->main_work_tree() / ".mlops";
  return is(state, S_IFDIR) ? state : fs::path();
}

void refuse_second_store(const fs::path& own, const fs::path& main) {
  if (!is_there(own / "store/format")) return;
  const std::string from = shell_word((own / "store/packs").string()), to = shell_word((main / "store/packs").string());
  throw state_error(quote(own / "store") + " holds versions beside " + quote(main / "store") +
                        ", the store that this git work tree uses: it was made while git did not lead there",
                    "cp -n " + from + "/*.pack " + to + " && cp -n " + from + "/*.index " + to + " && mv " +
                        shell_word((own / "store").string()) + " " + shell_word((own / "store.taken").string()));
}

}  // namespace mlops::data
