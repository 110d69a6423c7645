// What this binary is.
#pragma once

#include "build_id.h"

namespace mlops {

// "0.1.0".
inline const char* version() { return MLOPS_VERSION; }
// Equal in a binary and the modules built with it, different otherwise. Inline: a module carries the id of its own
// build.
inline const char* build_id() { return MLOPS_BUILD_ID; }

}  // namespace mlops
