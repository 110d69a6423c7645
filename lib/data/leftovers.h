// What killed processes leave in the work tree: new files, ".mlops-….tmp", that never came to their place.
#pragma once

#include <cstdint>

#include "data/repository.h"

namespace mlops::data {

// Removes those that no live process holds, in and beside every versioned path. Follows no link. Returns how many.
std::uint64_t sweep_leftovers(const Repository& repository);

}  // namespace mlops::data
