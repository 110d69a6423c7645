// What of a version is really here: a tree may be in the store without its files (mlops pull --trees), a recipe without
// its chunks (a lost pack).
#pragma once

#include <string>

#include "store/store.h"
#include "store/tree.h"

namespace mlops::data {

// The file is in the store to its last chunk. Whether what is there can be read, only reading tells.
bool has_whole_file(const store::Store& store, const Id& file);
// The same of a version, all that is in it.
bool has_whole_version(const store::Store& store, const store::ObjectRef& version);
// The same of a file, and of what `writer` relies on: nothing of it is condemned.
bool holds_whole_file(const store::Store& store, const store::Writer& writer, const Id& file);

// What brings what a clone does not have: what the pointers name, or what `revision` does ("" = the pointers).
std::string pull_hint(const std::string& path = {}, const std::string& revision = {});
// The entries of a tree. Throws Error(state) where it is not in the store: not pulled, as a rule.
store::Tree read_tree(const store::Store& store, const Id& id, const std::string& hint = pull_hint());

}  // namespace mlops::data
