#include "store/marked.h"

namespace mlops::store {

bool Marked::mark(const Key& key) {
  const auto position = objects_.position(key);
  if (!position || marked_[*position]) return false;
  marked_[*position] = true;
  return true;
}

void Marked::reach(const Id& id) {
  mark({Kind::chunk, id});
  mark({Kind::record, id});
  if (mark({Kind::file, id})) recipes.push_back(id);
  if (mark({Kind::tree, id})) trees.push_back(id);
}

}  // namespace mlops::store
