#include "store/mark.h"

#include "base/error.h"
#include "store/tree.h"

namespace mlops::store {

Marks::Marks(const LocalStore& store, const MultiIndex& objects) : store_(store), objects_(objects), marked_(objects.count(), false) {}

bool Marks::mark(const Key& key) {
  const auto position = objects_.position(key);
  if (!position || marked_[*position]) return false;
  marked_[*position] = true;
  return true;
}

// An id may be of any kind; SHA-256 leaves no room for two.
void Marks::reach(const Id& id) {
  mark({Kind::chunk, id});
  mark({Kind::record, id});
  if (mark({Kind::file, id})) recipes_.push_back(id);
  if (mark({Kind::tree, id})) trees_.push_back(id);
}

void Marks::walk() {
  while (!trees_.empty()) {
    const Id id = trees_.back();
    trees_.pop_back();
    for (const auto& entry : decode_tree(store_.get(Kind::tree, id))) reach(entry.id);
  }
  while (!recipes_.empty()) {
    const Id id = recipes_.back();
    recipes_.pop_back();
    for (const auto& chunk : decode_recipe(store_.get(Kind::file, id), id).chunks) mark({Kind::chunk, chunk.id});
  }
}

void Marks::run(const Roots& roots, const std::stop_token& stop) {
  try {
    roots([&](const Id& id) {
      if (stop.stop_requested()) return;
      reach(id);
      walk();
    });
  } catch (const Error& error) {  // the one place that knows what it means
    if (error.kind() != ErrorKind::state) throw;
    throw state_error("nothing is deleted: " + error.message(), "mlops fsck names everything that is affected");
  }
  if (stop.stop_requested()) throw state_error("interrupted; nothing was deleted");
}

}  // namespace mlops::store
