#include "data/diff.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "data/beneath.h"
#include "data/stock.h"
#include "data/unfolding.h"
#include "data/whole.h"

namespace mlops::data {
namespace {

using store::Mode;
using store::Tree;
using store::TreeEntry;

constexpr std::size_t k_looked_at = 64;  // of many equal files, for one of the same name

class Comparison {
 public:
  Comparison(const TreeSource& before, const TreeSource& after) : before_(before), after_(after) {}

  void compare(const std::string& path, const TreeEntry* before, const TreeEntry* after) {
    const bool was_directory = before != nullptr && before->mode == Mode::directory,
               is_directory = after != nullptr && after->mode == Mode::directory;
    if (before != nullptr && after != nullptr && before->id == after->id && before->mode == after->mode) return;
    const Tree old_tree = was_directory ? before_(before->id) : Tree(),
               new_tree = is_directory ? after_(after->id) : Tree();
    if (was_directory || is_directory) enter(path, before, after, old_tree, new_tree);
    if (was_directory != is_directory || (!was_directory && !is_directory))
      leaf(path, was_directory && !old_tree.empty() ? nullptr : before,
           is_directory && !new_tree.empty() ? nullptr : after);
    compare(path, old_tree, new_tree);
  }

  std::vector<Change> changes;

 private:
  void enter(const std::string& path, const TreeEntry* before, const TreeEntry* after, const Tree& old_tree,
             const Tree& new_tree) {
    const auto files = [](const TreeEntry* entry, const Tree& tree) {
      return entry == nullptr ? 0 : std::max(entry->files, files_of(tree));
    };
    if (!unfolding_) {
      const auto a = files(before, old_tree), b = files(after, new_tree);
      unfolding_.emplace(a > UINT64_MAX - b ? UINT64_MAX : a + b);
    }
    unfolding_->directory(path);
  }

  void leaf(const std::string& path, const TreeEntry* before, const TreeEntry* after) {
    if (before == nullptr && after == nullptr) return;
    if (unfolding_) unfolding_->file(path);
    const auto copy = [](const TreeEntry* entry) { return entry != nullptr ? std::optional(*entry) : std::nullopt; };
    changes.push_back({path, before == nullptr ? '+' : after == nullptr ? '-' : '~', copy(before), copy(after), {}});
  }

  void compare(const std::string& path, const Tree& before, const Tree& after) {
    auto b = before.begin();
    auto a = after.begin();
    while (b != before.end() || a != after.end()) {
      const bool take_before = a == after.end() || (b != before.end() && b->name <= a->name);
      const bool take_after = b == before.end() || (a != after.end() && a->name <= b->name);
      const std::string& name = take_before ? b->name : a->name;
      compare(join_path(path, name), take_before ? &*b : nullptr, take_after ? &*a : nullptr);
      if (take_before) ++b;
      if (take_after) ++a;
    }
  }

  const TreeSource& before_;
  const TreeSource& after_;
  std::optional<Unfolding> unfolding_;  // from the first directory on
};

std::optional<TreeEntry> top(const Side& side) {
  const auto& object = side.object;
  if (!object) return std::nullopt;
  if (side.mode) return TreeEntry{"", *side.mode, object->id, object->size, object->files};
  return TreeEntry{"", object->kind == store::Kind::tree ? Mode::directory : Mode::file, object->id, object->size,
                   object->files};
}

Tree tree_of(const ScanDirectory& directory) {
  Tree tree;
  for (const auto& e : directory.entries) tree.push_back({e.name, e.mode, e.id, e.size, e.files});
  return tree;
}

// What stands there is no directory.
Side file_side(Repository& repository, Stock& stock, const Beneath& root, const std::string& path,
               const struct stat& info, const SnapshotOptions& options) {
  Side side{ObjectRef{store::Kind::file, {}, 0}, [](const Id&) { return Tree(); }};
  const auto mode = mode_of(info);
  if (mode && (mode != Mode::link || stock.take_link(path))) {
    side.object = snapshot(repository, path, options).object;
    return side;
  }
  side.mode = Mode::link;
  if (!mode) {
    side.odd.push_back(path);
    return side;
  }
  const auto [directory, name] = split_path(path);
  const std::string target = read_link_at(root.open_directory(directory).get(), name, path);
  side.object = ObjectRef{store::Kind::file, sha256(target), target.size()};
  return side;
}

}  // namespace

Side stored_side(Repository& repository, std::optional<ObjectRef> object) {
  return {object, [&store = repository.store()](const Id& id) { return read_tree(store, id); }};
}

Side stored_side(Repository& repository, std::optional<ObjectRef> object, std::size_t& absent) {
  return {object, [&store = repository.store(), &absent](const Id& id) {
            if (store.has(store::Kind::tree, id)) return store::decode_tree(store.get(store::Kind::tree, id));
            ++absent;
            return Tree();
          }};
}

Side work_side(Repository& repository, const std::string& path, Progress* progress, const std::stop_token& stop) {
  const Beneath root(repository.root());
  const auto info = root.look(path);
  if (!info) return {std::nullopt, [](const Id&) { return Tree(); }};
  const SnapshotOptions options{false, progress, stop, {}, true};
  Stock stock(repository, root, options, nullptr);
  if (!S_ISDIR(info->st_mode)) return file_side(repository, stock, root, path, *info, options);
  const ObjectRef object = stock.take_directory(path);
  if (stop.stop_requested()) throw state_error("interrupted");
  stock.save_cache();
  const auto scan = std::make_shared<const Scan>(stock.scan());
  auto places = std::make_shared<std::unordered_map<Id, std::size_t, IdHash>>();
  places->emplace(object.id, 0);
  for (const auto& directory : scan->directories)
    for (const auto& e : directory.entries)
      if (e.mode == Mode::directory) places->emplace(e.id, e.directory);
  Side side{object, [scan, places](const Id& id) { return tree_of(scan->directories.at(places->at(id))); }};
  for (const auto& directory : scan->directories)
    for (const auto& e : directory.entries)
      if (e.odd) side.odd.push_back(join_path(directory.path, e.name));
  return side;
}

std::vector<Change> diff(const Side& before, const Side& after, const std::string& path) {
  Comparison comparison(before.trees, after.trees);
  const auto old_top = top(before), new_top = top(after);
  comparison.compare(path, old_top ? &*old_top : nullptr, new_top ? &*new_top : nullptr);
  std::sort(comparison.changes.begin(), comparison.changes.end(),
            [](const Change& a, const Change& b) { return a.path < b.path; });
  return std::move(comparison.changes);
}

void pair_renames(std::vector<Change>& changes) {
  const auto movable = [](const std::optional<TreeEntry>& entry) {
    return entry && entry->size > 0 && (entry->mode == Mode::file || entry->mode == Mode::executable);
  };
  std::unordered_map<Id, std::vector<std::size_t>, IdHash> gone;
  for (std::size_t i = changes.size(); i-- > 0;)  // the first path last, where it is taken quickest
    if (changes[i].kind == '-' && movable(changes[i].before)) gone[changes[i].before->id].push_back(i);
  const auto pair = [&](Change& change, bool same_name) {
    const auto found = change.kind == '+' && movable(change.after) ? gone.find(change.after->id) : gone.end();
    if (found == gone.end()) return;
    auto& places = found->second;
    const auto name = split_path(change.path).second;
    const auto end = places.rbegin() + static_cast<std::ptrdiff_t>(std::min(places.size(), k_looked_at));
    const auto at = std::find_if(
        places.rbegin(), end, [&](std::size_t i) { return !same_name || split_path(changes[i].path).second == name; });
    if (at == end) return;
    change.kind = '>';
    change.from = changes[*at].path;
    change.before = changes[*at].before;
    changes[*at].kind = '\0';
    places.erase(std::next(at).base());
  };
  for (const bool same_name : {true, false})
    for (auto& change : changes) pair(change, same_name);
  std::erase_if(changes, [](const Change& change) { return change.kind == '\0'; });
}

}  // namespace mlops::data
