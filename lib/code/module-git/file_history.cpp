#include "code/module-git/file_history.h"

#include <memory>
#include <set>

#include "code/module-git/unfetched.h"

namespace mlops::code {
namespace {

CommitPtr look_up(git_repository* repository, const git_oid& id) {
  git_commit* commit = nullptr;
  return git_commit_lookup(&commit, repository, &id) < 0 ? nullptr : CommitPtr(commit);
}

// The blob that a commit has at a path; a shallow clone's missing parent has none.
std::optional<git_oid> blob_at(const git_commit* commit, const std::string& path) {
  git_tree* raw_tree = nullptr;
  if (commit == nullptr || git_commit_tree(&raw_tree, commit) < 0) return std::nullopt;
  const TreePtr tree(raw_tree);
  git_tree_entry* entry = nullptr;
  if (git_tree_entry_bypath(&entry, tree.get(), path.c_str()) < 0) return std::nullopt;
  const Owned<git_tree_entry, git_tree_entry_free> owned(entry);
  if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB) return std::nullopt;
  return *git_tree_entry_id(entry);
}

bool same(const std::optional<git_oid>& a, const std::optional<git_oid>& b) {
  return a.has_value() == b.has_value() && (!a || git_oid_equal(&*a, &*b) == 1);
}

std::optional<std::string> text_of(git_repository* repository, const std::optional<git_oid>& id,
                                   const std::string& name) {
  git_blob* blob = nullptr;
  if (!id) return std::nullopt;
  const int code = git_blob_lookup(&blob, repository, &*id);
  refuse_unfetched(repository, code, name);
  check(code, "a file of a commit can't be read");
  const BlobPtr owned(blob);
  return std::string(static_cast<const char*>(git_blob_rawcontent(blob)), git_blob_rawsize(blob));
}

bool mentions(const char* message, const std::string& line) {
  const std::string_view text = message != nullptr ? message : "";
  return !line.empty() && (text.starts_with(line) || text.find("\n" + line) != std::string_view::npos);
}

// Commits, the newest first.
class Walk {
 public:
  virtual ~Walk() = default;
  virtual CommitPtr next() = 0;
};

class WholeWalk : public Walk {
 public:
  WholeWalk(git_repository* repository, const git_oid& tip) : repository_(repository) {
    git_revwalk* raw = nullptr;
    check(git_revwalk_new(&raw, repository), "the history can't be walked");
    walker_.reset(raw);
    git_revwalk_sorting(raw, GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME);
    check(git_revwalk_push(raw, &tip), "the history can't be walked");
  }
  CommitPtr next() override {
    git_oid id{};
    while (git_revwalk_next(&id, walker_.get()) == 0)
      if (CommitPtr commit = look_up(repository_, id)) return commit;
    return nullptr;
  }

 private:
  git_repository* repository_;
  WalkPtr walker_;
};

// In a shallow clone a commit that is not there ends a line of history, where libgit2's own walk would end at once.
class ShallowWalk : public Walk {
 public:
  ShallowWalk(git_repository* repository, const git_oid& tip) : repository_(repository) { add(tip); }
  CommitPtr next() override {
    if (open_.empty()) return nullptr;
    const auto newest = std::prev(open_.end());
    git_oid id{};
    git_oid_fromstr(&id, newest->second.c_str());
    open_.erase(newest);
    CommitPtr commit = look_up(repository_, id);
    for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i) add(*git_commit_parent_id(commit.get(), i));
    return commit;
  }

 private:
  void add(const git_oid& id) {
    const CommitPtr commit = look_up(repository_, id);
    if (commit && seen_.insert(hex(id)).second) open_.emplace(git_commit_time(commit.get()), hex(id));
  }

  git_repository* repository_;
  std::set<std::pair<git_time_t, std::string>> open_;
  std::set<std::string> seen_;
};

std::unique_ptr<Walk> walk(git_repository* repository, const git_oid& tip) {
  if (git_repository_is_shallow(repository) == 1) return std::make_unique<ShallowWalk>(repository, tip);
  return std::make_unique<WholeWalk>(repository, tip);
}

}  // namespace

Commit commit_of(git_commit* commit) {
  const git_signature* author = git_commit_author(commit);
  const char* summary = git_commit_summary(commit);
  return {hex(*git_commit_id(commit)), summary != nullptr ? summary : "", author != nullptr ? author->name : "",
          git_commit_time(commit)};
}

std::vector<Git::FileVersion> file_history(git_repository* repository, const git_oid& tip, const std::string& path,
                                           const std::string& mention) {
  const auto commits = walk(repository, tip);
  std::vector<Git::FileVersion> out;
  while (const CommitPtr commit = commits->next()) {
    const CommitPtr parent = git_commit_parentcount(commit.get()) > 0
                                 ? look_up(repository, *git_commit_parent_id(commit.get(), 0))
                                 : nullptr;
    const auto now = blob_at(commit.get(), path);
    const char* message = git_commit_message(commit.get());
    if (same(now, blob_at(parent.get(), path)) && !mentions(message, mention)) continue;
    const git_signature* author = git_commit_author(commit.get());
    out.push_back({commit_of(commit.get()), message, author != nullptr ? author->when.time : 0,
                   text_of(repository, now, path + " of " + hex(*git_commit_id(commit.get())).substr(0, 12))});
  }
  return out;
}

}  // namespace mlops::code
