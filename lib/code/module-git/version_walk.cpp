#include "code/module-git/version_walk.h"

#include "code/module-git/unfetched.h"
#include "code/module-git/work_trees.h"

namespace mlops::code {
namespace {

std::string raw(const git_oid& oid) { return {reinterpret_cast<const char*>(oid.id), GIT_OID_RAWSZ}; }

fs::path common_of(git_repository* repository) {
  const std::string path = git_repository_commondir(repository);
  return path.size() > 1 && path.back() == '/' ? path.substr(0, path.size() - 1) : path;
}

// False where it is not there.
bool is_there(int code, const char* what) {
  if (code == GIT_ENOTFOUND) return false;
  check(code, what);
  return true;
}

}  // namespace

std::vector<std::string> ref_names(git_repository* repository) {
  git_strarray names{};
  check(git_reference_list(&names, repository), "the refs can't be listed");
  std::vector<std::string> out(names.strings, names.strings + names.count);
  git_strarray_dispose(&names);
  out.emplace_back("HEAD");
  return out;
}

// False where the object is missing and may be.
bool VersionWalk::found(int code, const char* what) const {
  if (code == GIT_ENOTFOUND && missing_) return false;
  refuse_unfetched(repository_, code, "a part of a commit");
  check(code, what);
  return true;
}

// Nothing where the ref leads to no commit: HEAD of a new branch, a remote's HEAD whose branch is gone, a tag of a
// file.
void VersionWalk::add_target(const std::string& ref, std::vector<git_oid>& out) const {
  git_reference *looked_up = nullptr, *resolved = nullptr;
  if (!is_there(git_reference_lookup(&looked_up, repository_, ref.c_str()), "a ref can't be read")) return;
  const ReferencePtr reference(looked_up);
  if (!is_there(git_reference_resolve(&resolved, looked_up), "a ref can't be read")) return;
  const ReferencePtr direct(resolved);
  git_object *named = nullptr, *peeled = nullptr;
  const std::string what = "what " + ref + " names can't be read";
  if (!found(git_object_lookup(&named, repository_, git_reference_target(resolved), GIT_OBJECT_ANY), what.c_str()))
    return;
  const ObjectPtr object(named);
  const int code = git_object_peel(&peeled, named, GIT_OBJECT_COMMIT);
  if (code == GIT_EPEEL || code == GIT_EINVALIDSPEC || !found(code, what.c_str())) return;
  const ObjectPtr commit(peeled);
  out.push_back(*git_object_id(peeled));
}

// Of a stash also what was staged, and untracked files.
void VersionWalk::add_stashes(std::unordered_set<std::string>& out) const {
  const fs::path common = common_of(repository_);
  std::vector<git_oid> stashes = reflog_of(common, "logs/refs/stash");
  for (const auto& folder : work_tree_folders(common))
    for (const auto& id : autostashes_of(folder)) stashes.push_back(id);
  for (const auto& id : stashes) {
    out.insert(raw(id));
    git_commit* stash = nullptr;
    if (!is_there(git_commit_lookup(&stash, repository_, &id), "a stash can't be read")) continue;
    const CommitPtr owned(stash);
    for (unsigned i = 1; i < git_commit_parentcount(stash); ++i) out.insert(raw(*git_commit_parent_id(stash, i)));
  }
}

void VersionWalk::only_since(std::int64_t since) {
  since_ = since;
  std::vector<git_oid> tips;
  for (const auto& ref : ref_names(repository_)) add_target(ref, tips);
  const fs::path common = common_of(repository_);
  for (const auto& folder : work_tree_folders(common))
    for (const auto& id : heads_of(folder, folder == common)) tips.push_back(id);
  for (const auto& id : tips) named_.insert(raw(id));
  add_stashes(named_);
}

void VersionWalk::everything() {
  std::vector<git_oid> named, remembered;  // git keeps all that the one needs, and may have dropped parts of the other
  for (const auto& ref : ref_names(repository_)) add_target(ref, named);
  const fs::path common = common_of(repository_);
  const auto folders = work_tree_folders(common);
  for (const auto& folder : folders)
    for (const auto& ids : {heads_of(folder, folder == common), logged_of(folder)})
      remembered.insert(remembered.end(), ids.begin(), ids.end());
  walk(std::move(named));
  missing_ = true;
  walk(std::move(remembered));
  for (const auto& folder : folders) visit_index(folder / "index");
  missing_ = cut_;
}

void VersionWalk::between(const std::vector<git_oid>& from, const std::vector<git_oid>& known) {
  git_revwalk* made = nullptr;
  check(git_revwalk_new(&made, repository_), "the history can't be walked");
  const WalkPtr walker(made);
  for (const auto& tip : from) check(git_revwalk_push(made, &tip), "the history can't be walked");
  for (const auto& tip : known) check(git_revwalk_hide(made, &tip), "the history can't be walked");
  git_oid id{};
  int code = 0;
  while ((code = git_revwalk_next(&id, made)) == 0) {
    git_commit* commit = nullptr;
    if (!found(git_commit_lookup(&commit, repository_, &id), "a commit can't be read")) continue;
    const CommitPtr owned(commit);
    visit_commit(*commit);
  }
  if (code != GIT_ITEROVER) (void)found(code, "the history can't be walked");
}

void VersionWalk::walk(std::vector<git_oid> from) {
  while (!from.empty()) {
    const git_oid id = from.back();
    from.pop_back();
    if (!commits_.insert(raw(id)).second) continue;
    git_object* object = nullptr;
    if (!found(git_object_lookup(&object, repository_, &id, GIT_OBJECT_ANY), "a commit can't be read")) continue;
    const ObjectPtr owned(object);
    if (git_object_type(object) == GIT_OBJECT_TREE) visit_named_tree(id);  // AUTO_MERGE
    if (git_object_type(object) != GIT_OBJECT_COMMIT) continue;            // a reflog may name a tag
    const auto& commit = *reinterpret_cast<const git_commit*>(object);
    visit_commit(commit);
    for (unsigned i = 0; i < git_commit_parentcount(&commit); ++i) from.push_back(*git_commit_parent_id(&commit, i));
  }
}

void VersionWalk::visit_commit(const git_commit& commit) {
  if (git_commit_time(&commit) < since_ && !named_.contains(raw(*git_commit_id(&commit)))) return;
  git_tree* tree = nullptr;
  if (found(git_commit_tree(&tree, &commit), "a commit's files can't be read")) visit_tree(TreePtr(tree), "");
}

void VersionWalk::visit_named_tree(const git_oid& id) {
  git_tree* tree = nullptr;
  if (found(git_tree_lookup(&tree, repository_, &id), "what a merge has come to can't be read"))
    visit_tree(TreePtr(tree), "");
}

void VersionWalk::visit_tree(const TreePtr& tree, const std::string& prefix) {
  // A tree seen under another path holds other paths: the path is part of the key.
  if (!trees_.insert(raw(*git_tree_id(tree.get())) + prefix).second) return;
  for (std::size_t i = 0; i < git_tree_entrycount(tree.get()); ++i)
    visit_entry(*git_tree_entry_byindex(tree.get(), i), prefix);
}

void VersionWalk::visit_entry(const git_tree_entry& entry, const std::string& prefix) {
  const std::string path = prefix + git_tree_entry_name(&entry);
  const git_oid& id = *git_tree_entry_id(&entry);
  git_tree* below = nullptr;
  if (git_tree_entry_type(&entry) == GIT_OBJECT_BLOB && wanted_(path)) visit_blob(id, path);
  if (git_tree_entry_type(&entry) != GIT_OBJECT_TREE) return;
  if (found(git_tree_lookup(&below, repository_, &id), "a directory of a commit can't be read"))
    visit_tree(TreePtr(below), path + "/");
}

void VersionWalk::visit_blob(const git_oid& id, const std::string& path) {
  if (!blobs_.insert(raw(id) + path).second) return;
  git_blob* blob = nullptr;
  const int code = git_blob_lookup(&blob, repository_, &id);
  unfetched_ += code == GIT_ENOTFOUND ? 1 : 0;
  if (!missing_) refuse_unfetched(repository_, code, "what a commit has at " + path);
  if (!found(code, "a file of a commit can't be read")) return;
  const BlobPtr owned(blob);
  visit_(path, {static_cast<const char*>(git_blob_rawcontent(blob)), static_cast<std::size_t>(git_blob_rawsize(blob))});
}

void VersionWalk::visit_index(const fs::path& file) {
  git_index* read = nullptr;
  check(git_index_open(&read, file.c_str()), "an index can't be read");
  const IndexPtr index(read);
  check(git_index_read(read, 1), "an index can't be read");
  for (std::size_t i = 0; i < git_index_entrycount(read); ++i) {
    const auto* entry = git_index_get_byindex(read, i);
    if (wanted_(entry->path)) visit_blob(entry->id, entry->path);
  }
}

}  // namespace mlops::code
