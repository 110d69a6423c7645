// What of git stands against versioning a path: rules that would keep its pointer out of every commit, and files that
// git has.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "data/repository.h"

namespace mlops::code {
class Git;
}

namespace mlops::data {

class GitRules {
 public:
  explicit GitRules(const Repository& repository);
  ~GitRules();

  // Throws Error(input) where commits would not have the pointer of `path` as it is: naming the rule where git ignores
  // it, unless git has it all the same; naming the filter that would put another text in its place (git-lfs).
  void refuse_pointer(const std::string& path) const;
  // Throws Error(input) for git's own files (.gitignore and the like).
  void refuse_file_of_git(const std::string& path) const;
  // The same, and where git has files at or in `path`: their bytes would go into every commit beside the pointer.
  void refuse_what_git_has(const std::string& path) const;
  // How many they are.
  [[nodiscard]] std::size_t files_that_git_has(const std::string& path) const;
  // Whether git add would take it.
  [[nodiscard]] bool lets_in(const std::string& path) const;
  // As ignore_in_git (worktree.h), where git does not ignore `path` by another line already.
  void mend_ignore_line(const std::string& path) const;

 private:
  void refuse_ignored_pointer(const std::string& path) const;
  void refuse_filter(const std::string& path, const std::string& file) const;
  [[nodiscard]] std::vector<std::string> files_of_git(const std::string& path) const;

  const Repository& repository_;
  std::unique_ptr<code::Git> git_;            // nullptr where git has no say
  std::string prefix_;                        // of the root in git's work tree
  mutable std::set<std::string> unfiltered_;  // directories whose .gitignore was looked at
};

// Those of the versioned `paths` that stand in the work tree and that git add would take into the next commit, as no
// rule ignores them and git has nothing of them: whoever edits .gitignore, or dvc remove, may have taken the line out.
// Git's library is asked only where the .gitignore files leave a doubt.
std::vector<std::string> open_to_git(const Repository& repository, const std::vector<std::string>& paths);

}  // namespace mlops::data
