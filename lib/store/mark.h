// Which objects of a store are needed: everything that the roots reach through trees and recipes.
#pragma once

#include "store/gc.h"
#include "store/local_store.h"
#include "store/marked.h"

namespace mlops::store {

class Marks {
 public:
  // `objects` and `store` stay alive; objects is an index over all packs.
  Marks(const LocalStore& store, const MultiIndex& objects);
  void run(const Roots& roots, const std::stop_token& stop);
  [[nodiscard]] bool has(std::size_t position) const { return marked_.has(position); }

 private:
  void walk();
  const LocalStore& store_;
  Marked marked_;
};

}  // namespace mlops::store
