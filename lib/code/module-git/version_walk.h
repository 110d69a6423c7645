// Visits each version of some files once, in all of git's history or a part of it. What can't be read hides versions
// that are needed, so it is an Error(state), not left out.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <unordered_set>
#include <vector>

#include "code/git.h"
#include "code/module-git/git_pointers.h"

namespace mlops::code {

// All refs, and HEAD.
std::vector<std::string> ref_names(git_repository* repository);

class VersionWalk {
 public:
  // `cut`: objects may be missing, as in a shallow or partial clone. The other arguments must outlive it.
  VersionWalk(git_repository* repository, const Git::Wanted& wanted, const Git::Visit& visit, bool cut)
      : repository_(repository), wanted_(wanted), visit_(visit), cut_(cut), missing_(cut) {}

  // Of commits made earlier (seconds since 1970) only those that a ref, a stash or a work tree's HEAD names itself.
  void only_since(std::int64_t since);

  // What a ref, a HEAD or a reflog entry reaches, and the indexes, of all work trees.
  void everything();
  // What the first reach and the others do not.
  void between(const std::vector<git_oid>& from, const std::vector<git_oid>& known);
  // Files that were asked for and are not here.
  [[nodiscard]] std::uint64_t unfetched() const { return unfetched_; }
  // One directory; `prefix` is "" or ends with a slash.
  void visit_tree(const TreePtr& tree, const std::string& prefix);

 private:
  bool found(int code, const char* what) const;
  void add_target(const std::string& ref, std::vector<git_oid>& out) const;
  void add_stashes(std::unordered_set<std::string>& out) const;
  void walk(std::vector<git_oid> from);
  void visit_commit(const git_commit& commit);
  void visit_named_tree(const git_oid& id);
  void visit_entry(const git_tree_entry& entry, const std::string& prefix);
  void visit_blob(const git_oid& id, const std::string& path);
  void visit_index(const fs::path& file);

  git_repository* repository_;
  const Git::Wanted& wanted_;
  const Git::Visit& visit_;
  bool cut_, missing_;  // missing_: objects may be
  std::uint64_t unfetched_ = 0;
  std::int64_t since_ = std::numeric_limits<std::int64_t>::min();
  std::unordered_set<std::string> named_;                    // commits that count whenever they were made
  std::unordered_set<std::string> commits_, trees_, blobs_;  // seen
};

}  // namespace mlops::code
