// Edits of a directory's version that need none of its files: only the trees on the way to what changes are read and
// written, so that a version can be edited whose bytes are elsewhere.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/worktree.h"

namespace mlops::data {

// Throws Error(state), where a tree on the way is not in the store. Not thread-safe.
class TreeEdit {
 public:
  // `name` as messages call the version.
  TreeEdit(Repository& repository, std::string name);

  // The version with `entry` at `inside` ("a/b"), in place of what is there, directories on the way made; without an
  // entry, what is there goes. The entry's name is not looked at. Throws Error(input) where a file stands in the way.
  ObjectRef put(const ObjectRef& version, const std::string& inside, std::optional<store::TreeEntry> entry);
  // The same of several, none of which lies in another; each says whether it changed anything.
  struct Edit {
    std::string inside;
    std::optional<store::TreeEntry> entry;
    bool changed = false;
  };
  ObjectRef put(const ObjectRef& version, std::span<Edit> edits);
  // What stands there now, edits included.
  std::optional<store::TreeEntry> find(const ObjectRef& version, const std::string& inside);

  store::Tree read(const Id& id);
  // The entry of a directory of these.
  store::TreeEntry write(store::Tree tree);
  // Everything written is in the store when this returns.
  void commit() { writer_->commit(); }

 private:
  // From character `from` of their `inside` on.
  store::TreeEntry edit(const std::optional<store::TreeEntry>& directory, const std::vector<Edit*>& edits,
                        std::size_t from);
  Repository& repository_;
  std::string name_;
  std::unique_ptr<store::Writer> writer_;
  std::map<Id, std::string> written_;
};

ObjectRef object_of(const store::TreeEntry& entry);
store::TreeEntry entry_of(const ObjectRef& object, std::string name = {});

// Throws Error(input) naming a link in `entry` whose target would leave a tree in which it stands `depth` directories
// deep.
void check_links(TreeEdit& edit, const store::Store& store, const store::TreeEntry& entry, std::size_t depth,
                 const std::string& path);

}  // namespace mlops::data
