#include "train/code_snapshot.h"

#include <sys/stat.h>

#include <fcntl.h>

#include <set>

#include "base/file.h"
#include "code/git.h"
#include "data/object_json.h"
#include "data/worktree.h"
#include "pipeline/run.h"
#include "train/file_tree.h"

namespace mlops::train {
namespace {

constexpr std::uint64_t k_limit = 10 << 20;

// A regular file of the work tree as a tree entry; nothing for anything else.
std::optional<store::TreeEntry> entry_of(store::Writer& writer, const fs::path& file) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || static_cast<std::uint64_t>(info.st_size) > k_limit)
    return std::nullopt;
  const Fd fd = open_file(file, O_RDONLY | O_NOFOLLOW);
  const store::ObjectRef object = writer.put_file(fd.get(), file);
  const auto mode = (info.st_mode & S_IXUSR) != 0 ? store::Mode::executable : store::Mode::file;
  return store::TreeEntry{"", mode, object.id, object.size, 1};
}

// .mlops/config.yaml is in git's snapshot, but no tree of ours holds such a name.
bool can_stand(const fs::path& path) {
  return std::all_of(path.begin(), path.end(), [](const fs::path& part) { return store::valid_name(part.string()); });
}

Json put_files(data::Repository& repository, const fs::path& base, const std::set<std::string>& paths) {
  const auto writer = repository.store().writer();
  std::map<std::string, store::TreeEntry> files;
  for (const auto& path : paths)
    if (const auto entry = can_stand(path) ? entry_of(*writer, base / path) : std::nullopt) files[path] = *entry;
  const Json out = data::to_json(put_file_tree(*writer, files));
  writer->commit();
  return out;
}

Json git_snapshot(data::Repository& repository, code::Git& git) {
  Json out = Json::object();
  if (const auto head = git.head()) out = {{"commit", head->id}, {"subject", head->subject}, {"author", head->author}};
  const auto taken = git.snapshot(k_limit);
  out["snapshot"] = taken.commit;
  out["git_tree"] = taken.tree;
  out["changed"] = taken.changed;
  out["skipped"] = taken.skipped;
  if (!taken.changed.empty())
    out["files"] = put_files(repository, git.work_tree(), {taken.changed.begin(), taken.changed.end()});
  return out;
}

std::set<std::string> named_files(const data::Repository& repository, const pipeline::Definition& definition) {
  const auto tracked = data::tracked_paths(repository);
  const auto is_data = [&](const std::string& path) {
    for (const auto& other : tracked)
      if (pipeline::overlaps(other, path)) return true;
    for (const auto& stage : definition.stages)
      for (const auto& out : stage.outs)
        if (pipeline::overlaps(out.path, path)) return true;
    return false;
  };
  std::set<std::string> paths{"mlops.yaml", "params.yaml"};
  for (const auto& stage : definition.stages) {
    for (const auto& use : stage.params) paths.insert(use.file);
    for (const auto& dep : stage.deps)
      if (!is_data(dep.path)) paths.insert(dep.path);
  }
  return paths;
}

}  // namespace

Json code_snapshot(data::Repository& repository, const pipeline::Definition& definition) {
  if (const auto git = code::Git::discover(repository.root())) return git_snapshot(repository, *git);
  return {{"tree", put_files(repository, repository.root(), named_files(repository, definition))}};
}

}  // namespace mlops::train
