#include "exchange/push_roots.h"

#include "base/error.h"
#include "code/git.h"
#include "data/commit_roots.h"
#include "data/revision.h"
#include "data/roots.h"

namespace mlops::exchange {
namespace {

void add_range(const data::Repository& repository, const data::CommitRange& range, PushRoots& out) {
  data::for_each_git_root(repository, range, [&](const data::Root& root) { out.committed.insert(root.id); });
  out.commits.insert(out.commits.end(), range.tips.begin(), range.tips.end());
}

// Outputs as the lock files say them; a pointer with a merge conflict names nothing yet.
void expect_work_tree(const data::Repository& repository, std::vector<NamedVersion>& out) {
  for (const auto& path : data::tracked_paths(repository)) try {
      if (const auto pointer = data::read_pointer(repository, path)) out.push_back({pointer->object.id, path});
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::outside) throw;
    }
  data::for_each_work_tree_root(repository, [&](const data::Root& root) {
    if (root.named_by.ends_with("mlops.lock (here)") && !root.path.empty()) out.push_back({root.id, root.path});
  });
}

// Of commits that git pushes the last ones alone: what came before may have been let go of since (mlops gc
// --keep-newer).
void expect_tips(const data::Repository& repository, const std::vector<std::string>& tips,
                 std::vector<NamedVersion>& out) {
  for (const auto& tip : tips) try {
      if (!data::is_revision(repository, tip)) continue;
      for (const auto& [path, object] : data::fetched_pointers_of(repository, tip)) out.push_back({object.id, path});
    } catch (const Error& error) {  // somebody committed a pointer that is none
      if (error.kind() == ErrorKind::outside) throw;
    }
}

}  // namespace

PushRoots push_roots(const data::Repository& repository, const PushOptions& options) {
  PushRoots out;
  std::set<Id> in_head, rest;
  const auto git = code::Git::discover(repository.root());
  const auto head = git ? git->head() : std::nullopt;
  if (head) data::for_each_commit_root(repository, head->id, [&](const Id& id) { in_head.insert(id); });
  data::for_each_work_tree_root(
      repository, [&](const data::Root& root) { (in_head.contains(root.id) ? out.committed : rest).insert(root.id); });
  if (!out.committed.empty()) out.commits.push_back(head->id);
  if (options.commits.tips.empty())
    expect_work_tree(repository, out.expected);
  else
    expect_tips(repository, options.commits.tips, out.expected);
  if (!options.commits.tips.empty()) add_range(repository, options.commits, out);
  if (options.all_commits && git) {
    add_range(repository, {git->branch_tips(), {}}, out);
    data::for_each_git_root(repository,
                            [&](const data::Root& root) {  // of stashes, reflogs, the index too
                              rest.insert(root.id);
                              if (!root.path.ends_with("mlops.lock")) out.expected.push_back({root.id, root.path});
                            });
  }
  for (const auto& id : rest)
    if (!out.committed.contains(id)) out.uncommitted.insert(id);
  return out;
}

}  // namespace mlops::exchange
