#include "data/tree_edit.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "data/beneath.h"

namespace mlops::data {
namespace {

using store::Kind;
using store::Mode;
using store::Tree;
using store::TreeEntry;

constexpr std::uint64_t k_link_limit = 4096;

Tree::iterator position(Tree& tree, const std::string& name) {
  return std::lower_bound(tree.begin(), tree.end(), name,
                          [](const TreeEntry& e, const std::string& n) { return e.name < n; });
}

}  // namespace

ObjectRef object_of(const TreeEntry& entry) {
  return {entry.mode == Mode::directory ? Kind::tree : Kind::file, entry.id, entry.size, entry.files};
}

TreeEntry entry_of(const ObjectRef& object, std::string name) {
  return {std::move(name), object.kind == Kind::tree ? Mode::directory : Mode::file, object.id, object.size,
          object.files};
}

TreeEdit::TreeEdit(Repository& repository, std::string name)
    : repository_(repository), name_(std::move(name)), writer_(repository.store().writer()) {}

Tree TreeEdit::read(const Id& id) {
  if (const auto own = written_.find(id); own != written_.end()) return store::decode_tree(own->second);
  if (!repository_.store().has(Kind::tree, id))
    throw state_error("the directory " + id.brief() + " of \"" + printable(name_) + "\" is not in the store",
                      "mlops pull --trees   brings the lists of files, with --all-commits those of every revision");
  return store::decode_tree(repository_.store().get(Kind::tree, id));
}

TreeEntry TreeEdit::write(Tree tree) {
  TreeEntry out{"", Mode::directory, {}, 0, 0};
  for (const auto& entry : tree) {
    out.size += entry.size;
    out.files += entry.files;
  }
  std::string encoded = store::encode_tree(std::move(tree));
  out.id = writer_->put_tree(encoded);
  written_.emplace(out.id, std::move(encoded));
  return out;
}

ObjectRef TreeEdit::put(const ObjectRef& version, const std::string& inside, std::optional<TreeEntry> entry) {
  Edit one{inside, std::move(entry)};
  return put(version, std::span(&one, 1));
}

ObjectRef TreeEdit::put(const ObjectRef& version, std::span<Edit> edits) {
  std::vector<Edit*> all;
  for (auto& one : edits) all.push_back(&one);
  return object_of(edit(entry_of(version), all, 0));
}

TreeEntry TreeEdit::edit(const std::optional<TreeEntry>& directory, const std::vector<Edit*>& edits, std::size_t from) {
  if (directory && directory->mode != Mode::directory)
    throw input_error("a file stands in the way of \"" + printable(edits[0]->inside.substr(from)) + "\" in \"" +
                      printable(name_) + "\"");
  Tree tree = directory ? read(directory->id) : Tree();
  std::map<std::string, std::vector<Edit*>> below;
  const auto set = [&](const std::string& name, std::optional<TreeEntry> entry) {
    const auto at = position(tree, name);
    const bool there = at != tree.end() && at->name == name;
    if (entry) entry->name = name;
    const bool changed = entry ? !there || !(*at == *entry) : there;
    if (!entry && there)
      tree.erase(at);
    else if (entry && there)
      *at = std::move(*entry);
    else if (entry)
      tree.insert(at, std::move(*entry));
    return changed;
  };
  for (auto* one : edits) {
    const auto slash = one->inside.find('/', from);
    if (slash != std::string::npos)
      below[one->inside.substr(from, slash - from)].push_back(one);
    else
      one->changed = set(one->inside.substr(from), one->entry);
  }
  for (const auto& [name, some] : below) {
    const auto at = position(tree, name);
    const bool there = at != tree.end() && at->name == name;
    set(name, edit(there ? std::optional(*at) : std::nullopt, some, from + name.size() + 1));
  }
  return write(std::move(tree));
}

std::optional<TreeEntry> TreeEdit::find(const ObjectRef& version, const std::string& inside) {
  TreeEntry at = entry_of(version);
  for (const auto& part : split(inside, '/')) {
    if (at.mode != Mode::directory) return std::nullopt;
    Tree tree = read(at.id);
    const auto found = position(tree, part);
    if (found == tree.end() || found->name != part) return std::nullopt;
    at = *found;
  }
  return at;
}

namespace {

// Each tree once at each depth: few may stand for more paths than anybody can walk.
using Seen = std::set<std::pair<Id, std::size_t>>;

void check_links(TreeEdit& edit, const store::Store& store, const TreeEntry& entry, std::size_t depth,
                 const std::string& path, Seen& seen) {
  if (entry.mode == Mode::link && !store::target_stays_inside(store.read_whole_file(entry.id, k_link_limit), depth))
    throw input_error("the link \"" + printable(path) + "\" would lead out of its version there",
                      "make it a file first");
  if (entry.mode != Mode::directory || !seen.emplace(entry.id, depth).second) return;
  if (depth > store::k_deepest_tree)
    throw input_error("\"" + printable(path) + "\" has more than 512 directories below each other");
  for (const auto& below : edit.read(entry.id))
    check_links(edit, store, below, depth + 1, join_path(path, below.name), seen);
}

}  // namespace

void check_links(TreeEdit& edit, const store::Store& store, const TreeEntry& entry, std::size_t depth,
                 const std::string& path) {
  Seen seen;
  check_links(edit, store, entry, depth, path, seen);
}

}  // namespace mlops::data
