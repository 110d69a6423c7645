#include "data/usage.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "data/roots.h"
#include "store/local_store.h"
#include "store/tree.h"

namespace mlops::data {
namespace {

using store::Key;
using store::Kind;

class Reach {
 public:
  explicit Reach(const store::LocalStore& store) : store_(store), packs_(store.packs()) {}

  // Calls visit(key, bytes as stored) once for each object of the version; nullopt: it is not here.
  using Visit = std::function<void(const Key&, std::optional<std::uint32_t>)>;
  void run(const ObjectRef& object, const Visit& visit) {
    seen_.clear();
    if (object.kind == Kind::tree)
      tree(object.id, visit);
    else
      file(object.id, visit);
  }

 private:
  bool take(const Key& key, const Visit& visit) {
    const auto place = packs_->find(key);
    if (seen_.insert(key).second)
      visit(key, place ? std::optional(place->extent.stored) : std::nullopt);
    else
      return false;
    return place.has_value();
  }

  void tree(const Id& top, const Visit& visit) {
    std::vector<Id> open{top};
    while (!open.empty()) {
      const Id id = open.back();
      open.pop_back();
      if (!take({Kind::tree, id}, visit)) continue;
      for (const auto& entry : store::decode_tree(store_.get(Kind::tree, id))) {
        if (entry.mode == store::Mode::directory)
          open.push_back(entry.id);
        else
          file(entry.id, visit);
      }
    }
  }

  void file(const Id& id, const Visit& visit) {
    if (packs_->find({Kind::chunk, id})) {
      take({Kind::chunk, id}, visit);
      return;
    }
    if (!take({Kind::file, id}, visit)) return;
    for (const auto& chunk : store::decode_recipe(store_.get(Kind::file, id), id).chunks)
      take({Kind::chunk, chunk.id}, visit);
  }

  const store::LocalStore& store_;
  std::shared_ptr<const store::PackSet> packs_;
  std::unordered_set<Key, store::KeyHash> seen_;
};

}  // namespace

UsageReport usage(Repository& repository, const std::vector<Located>& versions) {
  Reach reach(dynamic_cast<store::LocalStore&>(repository.store()));
  UsageReport out;
  std::unordered_map<Key, std::uint32_t, store::KeyHash> owners;
  std::set<Id> counted;  // a version that is named twice is one
  for (const auto& version : versions) {
    Usage one{version.name, version.object, 0, 0, 0, 0};
    const bool again = !counted.insert(version.object.id).second;
    reach.run(version.object, [&](const Key& key, std::optional<std::uint32_t> bytes) {
      if (!bytes) ++one.absent;
      one.stored += bytes.value_or(0);
      if (!again && ++owners[key] == 1) out.stored += bytes.value_or(0);
    });
    out.logical += version.object.size;
    out.versions.push_back(std::move(one));
  }
  for (auto& one : out.versions) {
    reach.run(one.object, [&](const Key& key, std::optional<std::uint32_t> bytes) {
      (owners[key] > 1 ? one.shared : one.unique) += bytes.value_or(0);
    });
  }
  return out;
}

std::vector<Located> all_versions(Repository& repository) {
  std::vector<Located> out;
  std::set<std::pair<std::string, Id>> seen;
  const auto& store = repository.store();
  const auto visit = [&](const Root& root) {
    if (root.path.empty() || !seen.insert({root.path, root.id}).second) return;
    const bool tree = store.has(Kind::tree, root.id);
    if (!tree && !store.has_file(root.id)) return;  // not here, or of another kind
    ObjectRef object{tree ? Kind::tree : Kind::file, root.id, 0, 1};
    if (!tree)
      object.size = store.file_size(root.id);
    else {
      object.files = 0;
      for (const auto& entry : store::decode_tree(store.get(Kind::tree, root.id)))
        object.size += entry.size, object.files += entry.files;
    }
    out.push_back({object, tree ? store::Mode::directory : store::Mode::file, root.path, root.path});
  };
  for_each_work_tree_root(repository, visit);
  for_each_git_root(repository, visit);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return out;
}

}  // namespace mlops::data
