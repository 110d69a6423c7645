#include "data/whole.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/shell_word.h"
#include "store/recipe.h"

namespace mlops::data {
namespace {

using store::Kind;

// Of a recipe that can't be read, no chunk is known.
template <class Holds>
bool is_whole(const store::Store& store, const Id& file, const Holds& holds) {
  if (store.has(Kind::chunk, file)) return true;
  try {
    const auto chunks = store::decode_recipe(store.get(Kind::file, file), file).chunks;
    return std::all_of(chunks.begin(), chunks.end(), [&](const store::ChunkRef& chunk) { return holds(chunk.id); });
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::outside) throw;
    return false;
  }
}

}  // namespace

bool has_whole_file(const store::Store& store, const Id& file) {
  return store.has_file(file) && is_whole(store, file, [&](const Id& chunk) { return store.has(Kind::chunk, chunk); });
}

bool has_whole_version(const store::Store& store, const store::ObjectRef& version) {
  if (version.kind != Kind::tree) return has_whole_file(store, version.id);
  if (!store.has(Kind::tree, version.id)) return false;
  std::vector<Id> open{version.id};
  std::set<Id> seen{version.id};  // few trees may stand for more paths than anybody can walk
  while (!open.empty()) {
    const auto tree = store::decode_tree(store.get(Kind::tree, open.back()));
    open.pop_back();
    for (const auto& entry : tree) {
      const bool directory = entry.mode == store::Mode::directory;
      if (directory ? !store.has(Kind::tree, entry.id) : !has_whole_file(store, entry.id)) return false;
      if (directory && seen.insert(entry.id).second) open.push_back(entry.id);
    }
  }
  return true;
}

bool holds_whole_file(const store::Store& store, const store::Writer& writer, const Id& file) {
  return writer.holds_file(file) && is_whole(store, file, [&](const Id& chunk) { return writer.holds_file(chunk); });
}

std::string pull_hint(const std::string& path, const std::string& revision) {
  const std::string where = path.empty() ? "" : " " + shell_path(path);
  if (!revision.empty())
    return "mlops pull --rev " + shell_word(revision) + where +
           "   brings what it names from a remote; mlops fsck tells whether something was lost";
  if (!path.empty())
    return "mlops pull" + where + "   brings it from a remote; mlops fsck tells whether something was lost";
  return "mlops pull   brings what the pointers name, with --rev REV what a git revision does; mlops fsck tells "
         "whether something was lost";
}

store::Tree read_tree(const store::Store& store, const Id& id, const std::string& hint) {
  if (!store.has(Kind::tree, id)) throw state_error("tree " + id.brief() + " is not in the store", hint);
  return store::decode_tree(store.get(Kind::tree, id));
}

}  // namespace mlops::data
