// Whether bytes that are about to leave the work tree stay somewhere: in a version that something names, wholly in the store.
// Bytes that only stand in the store are no version: gc may be about to delete them.
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"

namespace mlops::data {

struct Leaving {
  std::string path;  // relative to the root of the work tree
  Id id;
  bool odd = false;  // it has no bytes that could be kept
};

// For each of them, whether its bytes would be lost. Asks the versions of the path; then, unless they are `enough` (to store a
// file once more costs little), everything that is named.
enum class Asked { everything, versions_of_path };
std::vector<bool> would_be_lost(Repository& repository, const std::vector<Leaving>& leaving, Asked enough = Asked::everything);

}  // namespace mlops::data
