// Objects that were reached, and what is still to be opened of them; who walks through them opens trees and recipes.
#pragma once

#include <vector>

#include "store/multi_index.h"

namespace mlops::store {

class Marked {
 public:
  // `objects` stays alive.
  explicit Marked(const MultiIndex& objects) : objects_(objects), marked_(objects.count(), false) {}

  // True where the object is there and was not marked before.
  bool mark(const Key& key);
  // Whatever has this id: SHA-256 leaves no room for two, but it may be of any kind.
  void reach(const Id& id);
  [[nodiscard]] bool has(std::size_t position) const { return marked_[position]; }

  std::vector<Id> trees, recipes;  // still to be opened

 private:
  const MultiIndex& objects_;
  std::vector<bool> marked_;
};

}  // namespace mlops::store
