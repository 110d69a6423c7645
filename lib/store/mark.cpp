#include "store/mark.h"

#include "base/error.h"
#include "store/tree.h"

namespace mlops::store {

Marks::Marks(const LocalStore& store, const MultiIndex& objects) : store_(store), marked_(objects) {}

void Marks::walk() {
  while (!marked_.trees.empty()) {
    const Id id = marked_.trees.back();
    marked_.trees.pop_back();
    for (const auto& entry : decode_tree(store_.get(Kind::tree, id))) marked_.reach(entry.id);
  }
  while (!marked_.recipes.empty()) {
    const Id id = marked_.recipes.back();
    marked_.recipes.pop_back();
    for (const auto& chunk : decode_recipe(store_.get(Kind::file, id), id).chunks)
      marked_.mark({Kind::chunk, chunk.id});
  }
}

void Marks::run(const Roots& roots, const std::stop_token& stop) {
  try {
    roots([&](const Id& id) {
      if (stop.stop_requested()) return;
      marked_.reach(id);
      walk();
    });
  } catch (const Error& error) {  // the one place that knows what it means
    if (error.kind() != ErrorKind::state) throw;
    throw state_error("nothing is deleted: " + error.message(),
                      error.hint().empty() ? "mlops fsck names everything that is affected" : error.hint());
  }
  if (stop.stop_requested()) throw state_error("interrupted; nothing was deleted");
}

}  // namespace mlops::store
