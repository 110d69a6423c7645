#include "exchange/push_roots.h"

#include "code/git.h"
#include "data/commit_roots.h"
#include "data/roots.h"

namespace mlops::exchange {
namespace {

void add_range(const data::Repository& repository, const data::CommitRange& range, PushRoots& out) {
  data::for_each_git_root(repository, range, [&](const data::Root& root) { out.committed.insert(root.id); });
  out.commits.insert(out.commits.end(), range.tips.begin(), range.tips.end());
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
  if (!options.commits.tips.empty()) add_range(repository, options.commits, out);
  if (options.all_commits && git) {
    add_range(repository, {git->branch_tips(), {}}, out);
    data::for_each_git_root(repository,
                            [&](const data::Root& root) { rest.insert(root.id); });  // of stashes, reflogs, the index
  }
  for (const auto& id : rest)
    if (!out.committed.contains(id)) out.uncommitted.insert(id);
  return out;
}

}  // namespace mlops::exchange
