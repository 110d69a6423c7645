// The project's git repository through libgit2: where code versions come from.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlops::code {

namespace fs = std::filesystem;

struct Commit {
  std::string id;  // 40 hexadecimal digits
  std::string subject, author;
  std::int64_t time = 0;  // seconds since 1970
};

// One repository. Not thread-safe. Throws Error(state) where git's own files are damaged.
class Git {
 public:
  // The repository that holds `start`, or nullptr. Never looks above the file system's root; runs no hook and no
  // program.
  static std::unique_ptr<Git> discover(const fs::path& start);
  virtual ~Git() = default;

  [[nodiscard]] virtual const fs::path& work_tree() const = 0;  // absolute
  // How the paths of a directory begin in this repository: "" or "sub/".
  [[nodiscard]] std::string prefix_of(const fs::path& directory) const;
  // Of the main work tree, where this is a linked one (git worktree add); else equal to work_tree().
  [[nodiscard]] virtual fs::path main_work_tree() const = 0;
  // What all linked work trees share: .git of the main one.
  [[nodiscard]] virtual fs::path common_directory() const = 0;
  // The linked work trees, as git last knew them: their directories may be gone or elsewhere.
  struct WorkTree {
    fs::path path;        // absolute; empty where git does not know
    fs::path git_folder;  // what its .git file leads to
    bool locked = false;  // git worktree lock: its directory may be on a disk that is away
  };
  [[nodiscard]] virtual std::vector<WorkTree> linked_work_trees() = 0;
  // Where git looks for hooks, absolute (core.hooksPath counts).
  [[nodiscard]] virtual fs::path hooks_directory() = 0;
  // A text of the configuration, all its files together ("merge.mlops.driver"); nullopt where it says nothing.
  [[nodiscard]] virtual std::optional<std::string> config(const std::string& key) = 0;
  // Writes it into this repository's own file.
  virtual void set_config(const std::string& key, const std::string& value) = 0;
  [[nodiscard]] virtual std::optional<Commit> head() = 0;  // nullopt: no commit yet
  [[nodiscard]] virtual std::optional<Commit> commit(const std::string& revision) = 0;

  // The bytes of a file in a revision ("HEAD~1", "main", a hash), nullopt where there is no such revision or file.
  virtual std::optional<std::string> read(const std::string& revision, const std::string& path) = 0;
  // Calls visit(path, bytes) for each different version of each file that `wanted` accepts, in every commit that a ref
  // (branches, tags, remotes, refs/mlops, stashes and their parents), a reflog entry or HEAD reaches, and in the index;
  // HEAD, reflog and index of every linked work tree too. Throws Error(state) where some of it can't be read.
  using Wanted = std::function<bool(std::string_view path)>;
  using Visit = std::function<void(const std::string& path, const std::string& bytes)>;
  virtual void for_each_version(const Wanted& wanted, const Visit& visit) = 0;
  // The same, but of commits made before `since` (seconds since 1970) only those that a ref or stash names itself.
  virtual void for_each_version_since(std::int64_t since, const Wanted& wanted, const Visit& visit) = 0;

  // The same in the commits that `tips` reach and `known` do not (hashes; those that are not here don't count).
  virtual void for_each_version_between(const std::vector<std::string>& tips, const std::vector<std::string>& known,
                                        const Wanted& wanted, const Visit& visit) = 0;

  // Commits (hashes) that branches and tags name, here and as last fetched.
  [[nodiscard]] virtual std::vector<std::string> branch_tips() = 0;
  // Whether history is missing here: a shallow clone, or one without all files (partial).
  [[nodiscard]] virtual bool is_cut() = 0;

  // Files that `wanted` accepts in history and are not here, because a partial clone (git clone --filter) leaves them
  // to be fetched: for_each_version passes them over.
  [[nodiscard]] virtual std::uint64_t count_unfetched(const Wanted& wanted) = 0;

  // Calls visit(path, bytes) for each file of one revision that `wanted` accepts. False where there is no such
  // revision. Throws Error(state) where a partial clone has not got one, as read and history do.
  enum class Unfetched { refuse, pass_over };
  virtual bool for_each_file(const std::string& revision, const Wanted& wanted, const Visit& visit,
                             Unfetched unfetched) = 0;
  bool for_each_file(const std::string& revision, const Wanted& wanted, const Visit& visit) {
    return for_each_file(revision, wanted, visit, Unfetched::refuse);
  }

  struct Change {
    std::string path;
    char kind = 'M';  // A new (untracked), M modified, D deleted
  };
  // The commits that HEAD reaches and that changed a file against their first parent, or whose message has a line that
  // begins with `mention` ("" = none does); the newest first. `bytes`: the file there, nullopt where it was removed.
  struct FileVersion {
    Commit commit;
    std::string message;
    std::int64_t authored = 0;  // seconds since 1970
    std::optional<std::string> bytes;
  };
  virtual std::vector<FileVersion> history(const std::string& path, const std::string& mention) = 0;
  // What the index has at a path.
  virtual std::optional<std::string> staged(const std::string& path) = 0;
  // Why nothing can be committed now ("HEAD is on no branch"), and what to do about it; nullopt where something can.
  struct Obstacle {
    std::string reason, hint;
  };
  virtual std::optional<Obstacle> cannot_commit() = 0;
  // Makes HEAD's tree with this one file changed the next commit of HEAD's branch, durably, and returns its hash.
  // Neither index nor work tree are touched, no hook is run, nothing is signed. Throws Error(state) where HEAD moved
  // meanwhile.
  struct FileCommit {
    std::string path, bytes, message;
    std::int64_t authored = 0;  // seconds since 1970; it is committed now
  };
  virtual std::string commit_file(const FileCommit& commit) = 0;
  // Takes one file of the work tree into the index, whose other entries stay as they are. Throws Error(state) where
  // another process has the index locked.
  virtual void stage(const std::string& path) = 0;
  // Removes what commit_file and stage leave locked when they are killed. Whoever calls the three makes sure that
  // nobody else does meanwhile; git's own locks are never taken for theirs.
  virtual void release_dead_locks() = 0;
  // Files that differ between two revisions, sorted. nullopt where one of them is not here.
  virtual std::optional<std::vector<Change>> differences(const std::string& before, const std::string& after) = 0;
  // The newest commit that both came from; nullopt where there is none, or where a shallow clone has cut it off.
  virtual std::optional<std::string> merge_base(const std::string& a, const std::string& b) = 0;
  // Files that differ from HEAD and are not ignored, sorted.
  virtual std::vector<Change> changes() = 0;
  virtual bool is_ignored(const std::string& path) = 0;
  virtual bool is_tracked(const std::string& path) = 0;
  // What .gitattributes (and info/attributes) give a path under this name; nullopt where they don't say or unset it.
  virtual std::optional<std::string> attribute(const std::string& path, const std::string& name) = 0;
  // Files at or below one of `paths` that the index has, sorted; submodules by their directory.
  [[nodiscard]] virtual std::vector<std::string> tracked_below(const std::vector<std::string>& paths) = 0;

  // Writes a commit that holds HEAD and every change up to `limit` bytes a file, under refs/mlops/snapshots/, touching
  // neither index nor work tree. Without changes: HEAD itself.
  struct Snapshot {
    std::string commit, tree;
    std::vector<std::string> changed, skipped;  // skipped: larger than the limit
  };
  virtual Snapshot snapshot(std::uint64_t limit) = 0;
};

}  // namespace mlops::code
