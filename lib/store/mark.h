// Which objects of a store are needed: everything that the roots reach through trees and recipes.
#pragma once

#include <vector>

#include "store/gc.h"
#include "store/local_store.h"

namespace mlops::store {

class Marks {
 public:
  // `objects` and `store` stay alive; objects is an index over all packs.
  Marks(const LocalStore& store, const MultiIndex& objects);
  void run(const Roots& roots, const std::stop_token& stop);
  [[nodiscard]] bool has(std::size_t position) const { return marked_[position]; }

 private:
  void reach(const Id& id);
  // True where the object is there and was not marked before.
  bool mark(const Key& key);
  void walk();
  const LocalStore& store_;
  const MultiIndex& objects_;
  std::vector<bool> marked_;
  std::vector<Id> trees_, recipes_;  // still to be opened
};

}  // namespace mlops::store
