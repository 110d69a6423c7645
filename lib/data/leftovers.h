// What killed processes leave in the work tree and in .mlops: new files and folders, ".mlops-….tmp", that never came to
// their place.
#pragma once

#include <cstdint>

#include "data/repository.h"

namespace mlops::data {

// Removes those that no live process holds (base/temporary.h), anywhere in the work tree but in other repositories in
// it. Follows no link. Returns how many.
std::uint64_t sweep_leftovers(const Repository& repository);

}  // namespace mlops::data
