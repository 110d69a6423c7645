#include "data/standing.h"

#include "data/foreign/adopt.h"
#include "data/whole.h"

namespace mlops::data {
namespace {

using store::Mode;

bool in_store(const store::Store& store, const store::TreeEntry& entry) {
  return entry.mode == Mode::directory ? store.has(store::Kind::tree, entry.id) : has_whole_file(store, entry.id);
}

bool in_store(const store::Store& store, const ObjectRef& object) {
  return object.kind == store::Kind::tree ? store.has(object.kind, object.id) : has_whole_file(store, object.id);
}

bool is_absent(const store::Store& store, const Change& change) {
  return change.before && !in_store(store, *change.before);
}

}  // namespace

Standing standing(Repository& repository, const std::string& path, const std::optional<ObjectRef>& version,
                  Progress* progress, const std::stop_token& stop) {
  const store::Store& store = repository.store();
  const Side here = work_side(repository, path, progress, stop);
  Standing out;
  out.kind = version ? version->kind : here.object ? here.object->kind : store::Kind::file;
  out.missing = version && !here.object;
  out.odd = here.odd;
  if (!here.mode) out.here = here.object;
  if (version && here.object && here.object->id == version->id && !here.mode) return out;
  if (version && lfs_object(repository.root() / path) == version->id) {  // git-lfs's text in its place
    out.missing = true;
    out.here.reset();
  }
  out.stored = !version || (out.missing ? has_whole_version(store, *version) : in_store(store, *version));
  if (out.missing || !here.object || !out.stored) return out;
  std::size_t trees = 0;
  out.changes = diff(stored_side(repository, version, trees), here, path);
  for (const auto& change : out.changes)
    if (is_absent(store, change)) out.absent += change.before->files;
  std::erase_if(out.changes, [&](const Change& change) { return !change.after && is_absent(store, change); });
  return out;
}

Step step_between(Repository& repository, const ObjectRef& before, const ObjectRef& after, const std::string& path) {
  const store::Store& store = repository.store();
  Step step;
  if (before == after) return step;
  step.known = in_store(store, before);
  if (!step.known) return step;
  std::size_t trees = 0;
  for (const auto& change : diff(stored_side(repository, before, trees), stored_side(repository, after), path)) {
    ++(change.kind == '+' ? step.added : change.kind == '-' ? step.removed : step.changed);
    if (is_absent(store, change)) step.unseen.push_back(change.path);
  }
  return step;
}

}  // namespace mlops::data
