// The versions that a push brings, sorted by whether a commit of git names them. Private to this module.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "data/repository.h"
#include "exchange/absent.h"
#include "exchange/exchange.h"

namespace mlops::exchange {

struct PushRoots {
  std::vector<std::string> commits;  // which together name all of `committed`
  std::set<Id> committed, uncommitted;
  std::vector<NamedVersion>
      expected;  // versions of paths, which must be here or there: of commits that are pushed, else of the work tree
};

// Of the work tree, and of the commits that `options` ask for.
PushRoots push_roots(const data::Repository& repository, const PushOptions& options);

}  // namespace mlops::exchange
