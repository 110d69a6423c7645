#include "code/git.h"
#include "code/git_library.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/module.h"
#include "base/text.h"
#include "code/module-git/commit_file.h"
#include "code/module-git/file_history.h"
#include "code/module-git/git_pointers.h"
#include "code/module-git/stage_file.h"
#include "code/module-git/unfetched.h"
#include "code/module-git/version_walk.h"
#include "code/module-git/work_trees.h"

namespace mlops::code {
namespace {

fs::path without_slash(const char* path) {
  std::string text = path == nullptr ? "" : path;
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

void start_library() {
  static const int k_started = [] {
    git_libgit2_init();
    // Sparse checkouts set extensions.worktreeConfig, which libgit2 1.5 refuses by default.
    const char* extensions[] = {"worktreeconfig", "worktreeConfig"};
    git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, std::size_t{2});
    // Whether this repository may be trusted is decided by data::Repository, by one rule for all of mlops.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    return 0;
  }();
  (void)k_started;
}

class LibGit : public Git {
 public:
  explicit LibGit(RepositoryPtr repository)
      : repository_(std::move(repository)), work_tree_(without_slash(git_repository_workdir(repository_.get()))) {}

  const fs::path& work_tree() const override { return work_tree_; }

  fs::path main_work_tree() const override {
    const fs::path common = without_slash(git_repository_commondir(repository_.get()));
    return git_repository_is_worktree(repository_.get()) == 1 && common.filename() == ".git" ? common.parent_path()
                                                                                             : work_tree_;
  }

  fs::path common_directory() const override { return without_slash(git_repository_commondir(repository_.get())); }

  std::vector<WorkTree> linked_work_trees() override {
    std::vector<WorkTree> out;
    const auto folders = work_tree_folders(common_directory());
    for (auto folder = folders.begin() + 1; folder != folders.end(); ++folder) out.push_back(linked_work_tree(*folder));
    return out;
  }

  fs::path hooks_directory() override {
    const ConfigPtr config = open_config();
    git_buf path{};
    if (git_config_get_path(&path, config.get(), "core.hooksPath") < 0) return common_directory() / "hooks";
    const fs::path found = path.ptr;
    git_buf_dispose(&path);
    return (work_tree_ / found).lexically_normal();
  }

  std::optional<std::string> config(const std::string& key) override {
    const ConfigPtr config = open_config();
    git_buf value{};
    if (git_config_get_string_buf(&value, config.get(), key.c_str()) < 0) return std::nullopt;
    std::string out(value.ptr, value.size);
    git_buf_dispose(&value);
    return out;
  }

  void set_config(const std::string& key, const std::string& value) override {
    const ConfigPtr config = open_config();
    git_config* local = nullptr;
    check(git_config_open_level(&local, config.get(), GIT_CONFIG_LEVEL_LOCAL), "the configuration can't be opened");
    const ConfigPtr owned(local);
    check(git_config_set_string(local, key.c_str(), value.c_str()), "the configuration can't be written");
  }

  std::optional<Commit> head() override { return commit("HEAD"); }

  std::optional<Commit> commit(const std::string& revision) override {
    const CommitPtr found = peel(revision);
    return found ? std::optional(commit_of(found.get())) : std::nullopt;
  }

  std::optional<std::string> read(const std::string& revision, const std::string& path) override {
    const CommitPtr found = peel(revision);
    git_tree* raw_tree = nullptr;
    if (!found) return std::nullopt;
    if (const int code = git_commit_tree(&raw_tree, found.get()); code < 0) {
      refuse_unfetched(repository_.get(), code, "what " + revision + " holds");
      return std::nullopt;
    }
    const TreePtr tree(raw_tree);
    git_tree_entry* entry = nullptr;
    if (git_tree_entry_bypath(&entry, tree.get(), path.c_str()) < 0) return std::nullopt;
    const Owned<git_tree_entry, git_tree_entry_free> owned(entry);
    if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB) return std::nullopt;
    auto text = blob(*git_tree_entry_id(entry));
    if (!text) refuse_unfetched(repository_.get(), GIT_ENOTFOUND, path + " of " + revision);
    return text;
  }

  void for_each_version(const Wanted& wanted, const Visit& visit) override {
    VersionWalk(repository_.get(), wanted, visit, is_cut()).everything();
  }

  void for_each_version_since(std::int64_t since, const Wanted& wanted, const Visit& visit) override {
    VersionWalk walk(repository_.get(), wanted, visit, is_cut());
    walk.only_since(since);
    walk.everything();
  }

  void for_each_version_between(const std::vector<std::string>& tips, const std::vector<std::string>& known,
                                const Wanted& wanted, const Visit& visit) override {
    VersionWalk(repository_.get(), wanted, visit, is_cut()).between(commits(tips), commits(known));
  }

  std::vector<std::string> branch_tips() override {
    std::set<std::string> out;
    for (const auto& name : ref_names(repository_.get())) {
      if (!name.starts_with("refs/heads/") && !name.starts_with("refs/remotes/") && !name.starts_with("refs/tags/"))
        continue;
      if (const CommitPtr tip = peel(name)) out.insert(hex(*git_commit_id(tip.get())));
    }
    return {out.begin(), out.end()};
  }

  bool is_cut() override { return git_repository_is_shallow(repository_.get()) == 1 || is_partial(repository_.get()); }

  std::uint64_t count_unfetched(const Wanted& wanted) override {
    if (!is_partial(repository_.get())) return 0;
    const Visit nothing = [](const std::string&, const std::string&) {};
    VersionWalk walk(repository_.get(), wanted, nothing, true);
    walk.everything();
    return walk.unfetched();
  }

  bool for_each_file(const std::string& revision, const Wanted& wanted, const Visit& visit,
                     Unfetched unfetched) override {
    const CommitPtr found = peel(revision);
    git_tree* tree = nullptr;
    if (!found) return false;
    if (const int code = git_commit_tree(&tree, found.get()); code < 0) {
      refuse_unfetched(repository_.get(), code, "what " + revision + " holds");
      return false;
    }
    VersionWalk(repository_.get(), wanted, visit, unfetched == Unfetched::pass_over).visit_tree(TreePtr(tree), "");
    return true;
  }

  std::vector<FileVersion> history(const std::string& path, const std::string& mention) override {
    const CommitPtr tip = peel("HEAD");
    return tip ? file_history(repository_.get(), *git_commit_id(tip.get()), path, mention) : std::vector<FileVersion>();
  }

  std::optional<std::string> staged(const std::string& path) override {
    const IndexPtr index = read_index();
    const auto* entry = git_index_get_bypath(index.get(), path.c_str(), 0);
    return entry != nullptr ? blob(entry->id) : std::nullopt;
  }

  std::optional<Obstacle> cannot_commit() override { return obstacle_to_commits(repository_.get()); }

  std::string commit_file(const FileCommit& commit) override {
    return code::commit_file(repository_.get(), peel("HEAD").get(), commit);
  }

  void stage(const std::string& path) override { stage_file(repository_.get(), path); }

  void release_dead_locks() override { code::release_dead_locks(repository_.get()); }

  std::optional<std::vector<Change>> differences(const std::string& before, const std::string& after) override {
    const TreePtr old_tree = tree_of(before), new_tree = tree_of(after);
    if (!old_tree || !new_tree) return std::nullopt;
    git_diff* raw = nullptr;
    check(git_diff_tree_to_tree(&raw, repository_.get(), old_tree.get(), new_tree.get(), nullptr),
          "two revisions can't be compared");
    const DiffPtr diff(raw);
    std::vector<Change> out;
    for (std::size_t i = 0; i < git_diff_num_deltas(raw); ++i) {
      const git_diff_delta& delta = *git_diff_get_delta(raw, i);
      const char kind = delta.status == GIT_DELTA_ADDED ? 'A' : delta.status == GIT_DELTA_DELETED ? 'D' : 'M';
      out.push_back({kind == 'D' ? delta.old_file.path : delta.new_file.path, kind});
    }
    std::sort(out.begin(), out.end(), [](const Change& a, const Change& b) { return a.path < b.path; });
    return out;
  }

  std::optional<std::string> merge_base(const std::string& a, const std::string& b) override {
    const CommitPtr first = peel(a), second = peel(b);
    git_oid base{};
    if (!first || !second ||
        git_merge_base(&base, repository_.get(), git_commit_id(first.get()), git_commit_id(second.get())) < 0)
      return std::nullopt;
    return hex(base);
  }

  std::vector<Change> changes() override {
    git_status_options options;
    check(git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION), "the state of the work tree can't be read");
    options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR;
    options.flags =
        GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS | GIT_STATUS_OPT_EXCLUDE_SUBMODULES;
    git_status_list* raw = nullptr;
    check(git_status_list_new(&raw, repository_.get(), &options), "the state of the work tree can't be read");
    const StatusPtr list(raw);
    std::vector<Change> out;
    for (std::size_t i = 0; i < git_status_list_entrycount(list.get()); ++i)
      add_change(*git_status_byindex(list.get(), i), out);
    std::sort(out.begin(), out.end(), [](const Change& a, const Change& b) { return a.path < b.path; });
    return out;
  }

  bool is_ignored(const std::string& path) override {
    int ignored = 0;
    return git_ignore_path_is_ignored(&ignored, repository_.get(), path.c_str()) == 0 && ignored == 1;
  }

  bool is_tracked(const std::string& path) override {
    const IndexPtr index = read_index();
    return git_index_get_bypath(index.get(), path.c_str(), 0) != nullptr;
  }

  std::optional<std::string> attribute(const std::string& path, const std::string& name) override {
    const char* value = nullptr;
    check(git_attr_get(&value, repository_.get(), GIT_ATTR_CHECK_FILE_THEN_INDEX, path.c_str(), name.c_str()),
          "the attributes of a file can't be read");
    return git_attr_value(value) == GIT_ATTR_VALUE_STRING ? std::optional<std::string>(value) : std::nullopt;
  }

  std::vector<std::string> tracked_below(const std::vector<std::string>& paths) override {
    std::set<std::string> out;
    const IndexPtr index = read_index();
    for (const auto& path : paths) add_staged(*index, path, out);
    return {out.begin(), out.end()};
  }

  Snapshot snapshot(std::uint64_t limit) override {
    Snapshot out;
    const CommitPtr base = peel("HEAD");
    const IndexPtr index = memory_index(base.get());
    for (const auto& change : changes()) apply(change, limit, *index, out);
    git_oid tree{};
    check(git_index_write_tree_to(&tree, index.get(), repository_.get()), "a snapshot can't be written");
    out.tree = hex(tree);
    if (base && out.changed.empty())
      out.commit = hex(*git_commit_id(base.get()));
    else
      out.commit = write_commit(tree, base.get());
    return out;
  }

 private:
  CommitPtr peel(const std::string& revision) {
    git_object* found = nullptr;
    if (git_revparse_single(&found, repository_.get(), revision.c_str()) < 0) return nullptr;
    const ObjectPtr object(found);
    git_object* peeled = nullptr;
    if (git_object_peel(&peeled, object.get(), GIT_OBJECT_COMMIT) < 0) return nullptr;
    return CommitPtr(reinterpret_cast<git_commit*>(peeled));
  }

  TreePtr tree_of(const std::string& revision) {
    const CommitPtr found = peel(revision);
    git_tree* tree = nullptr;
    if (!found || git_commit_tree(&tree, found.get()) < 0) return nullptr;
    return TreePtr(tree);
  }

  std::optional<std::string> blob(const git_oid& id) {
    git_blob* found = nullptr;
    if (git_blob_lookup(&found, repository_.get(), &id) < 0) return std::nullopt;
    const BlobPtr owned(found);
    return std::string(static_cast<const char*>(git_blob_rawcontent(found)), git_blob_rawsize(found));
  }

  // The index has what begins alike in a row.
  static void add_staged(git_index& index, const std::string& path, std::set<std::string>& out) {
    std::size_t at = 0;
    if (git_index_find_prefix(&at, &index, path.c_str()) < 0) return;
    for (; at < git_index_entrycount(&index); ++at) {
      const std::string_view found = git_index_get_byindex(&index, at)->path;
      if (!found.starts_with(path)) return;
      if (found.size() == path.size() || found[path.size()] == '/') out.emplace(found);
    }
  }

  IndexPtr read_index() {
    git_index* index = nullptr;
    check(git_repository_index(&index, repository_.get()), "the index can't be read");
    return IndexPtr(index);
  }

  ConfigPtr open_config() {
    git_config* config = nullptr;
    check(git_repository_config(&config, repository_.get()), "the configuration can't be read");
    return ConfigPtr(config);
  }

  std::vector<git_oid> commits(const std::vector<std::string>& names) {
    std::vector<git_oid> out;
    for (const auto& name : names)
      if (const CommitPtr found = peel(name)) out.push_back(*git_commit_id(found.get()));
    return out;
  }

  static void add_change(const git_status_entry& entry, std::vector<Change>& out) {
    const auto* delta = entry.index_to_workdir != nullptr ? entry.index_to_workdir : entry.head_to_index;
    if (delta == nullptr || entry.status == GIT_STATUS_CURRENT || (entry.status & GIT_STATUS_IGNORED) != 0) return;
    const bool gone = (entry.status & (GIT_STATUS_WT_DELETED | GIT_STATUS_INDEX_DELETED)) != 0 &&
                      (entry.status & GIT_STATUS_WT_NEW) == 0;
    const bool added = (entry.status & (GIT_STATUS_WT_NEW | GIT_STATUS_INDEX_NEW)) != 0;
    out.push_back({delta->new_file.path != nullptr ? delta->new_file.path : delta->old_file.path, gone    ? 'D'
                                                                                                  : added ? 'A'
                                                                                                          : 'M'});
  }

  IndexPtr memory_index(const git_commit* base) {
    git_index* raw_index = nullptr;
    check(git_index_new(&raw_index), "an index can't be made");
    IndexPtr index(raw_index);
    if (base == nullptr) return index;
    git_tree* tree = nullptr;
    check(git_commit_tree(&tree, base), "the last commit can't be read");
    check(git_index_read_tree(raw_index, TreePtr(tree).get()), "the last commit can't be read");
    return index;
  }

  void apply(const Change& change, std::uint64_t limit, git_index& index, Snapshot& out) {
    if (change.kind == 'D') {
      git_index_remove_bypath(&index, change.path.c_str());
      out.changed.push_back(change.path);
      return;
    }
    struct stat info {};
    const fs::path file = work_tree_ / change.path;
    if (::lstat(file.c_str(), &info) != 0 || (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode))) return;
    if (static_cast<std::uint64_t>(info.st_size) > limit) {
      out.skipped.push_back(change.path);
      return;
    }
    git_index_entry entry{};
    if (git_blob_create_from_workdir(&entry.id, repository_.get(), change.path.c_str()) < 0) return;
    entry.path = change.path.c_str();
    entry.mode = S_ISLNK(info.st_mode)           ? GIT_FILEMODE_LINK
                 : (info.st_mode & S_IXUSR) != 0 ? GIT_FILEMODE_BLOB_EXECUTABLE
                                                 : GIT_FILEMODE_BLOB;
    check(git_index_add(&index, &entry), "a snapshot can't be written");
    out.changed.push_back(change.path);
  }

  std::string write_commit(const git_oid& tree_id, const git_commit* base) {
    git_tree* raw_tree = nullptr;
    check(git_tree_lookup(&raw_tree, repository_.get(), &tree_id), "a snapshot can't be written");
    const TreePtr tree(raw_tree);
    // The base's time, not now: the same bytes on the same commit are the same snapshot.
    git_signature* raw_signature = nullptr;
    check(git_signature_new(&raw_signature, "mlops", "mlops@localhost", base != nullptr ? git_commit_time(base) : 0, 0),
          "a snapshot can't be written");
    const SignaturePtr signature(raw_signature);
    const git_commit* parents[] = {base};
    git_oid id{};
    check(git_commit_create(&id, repository_.get(), nullptr, signature.get(), signature.get(), nullptr,
                            "mlops: work tree with uncommitted changes", tree.get(), base != nullptr ? 1 : 0, parents),
          "a snapshot can't be written");
    keep_commit(id);
    return hex(id);
  }

  // Two runs that start together on the same bytes make the same snapshot: the one that finds the reference locked
  // waits for the other.
  void keep_commit(const git_oid& id) {
    const std::string name = "refs/mlops/snapshots/" + hex(id);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (;;) {
      git_reference* reference = nullptr;
      const int code = git_reference_create(&reference, repository_.get(), name.c_str(), &id, 1, "mlops");
      git_reference_free(reference);
      if (code != GIT_ELOCKED || std::chrono::steady_clock::now() > give_up) {
        check(code, "a snapshot can't be kept");
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  RepositoryPtr repository_;
  fs::path work_tree_;
};

class LibGitLibrary : public GitLibrary {
 public:
  std::unique_ptr<Git> discover(const fs::path& start) override {
    start_library();
    git_repository* repository = nullptr;
    const int code = git_repository_open_ext(&repository, start.c_str(), 0, nullptr);
    if (code == GIT_ENOTFOUND) return nullptr;
    check(code, "the repository can't be opened");
    RepositoryPtr owned(repository);
    if (git_repository_is_bare(repository) == 1) return nullptr;
    return std::make_unique<LibGit>(std::move(owned));
  }
};

LibGitLibrary g_library;

}  // namespace
}  // namespace mlops::code

MLOPS_MODULE(static_cast<mlops::code::GitLibrary&>(mlops::code::g_library))
