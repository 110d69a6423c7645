// What of a version is here to be written, where a remote could not give all of it. Private to this module.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace mlops::exchange {

struct Part {
  std::string path;
  store::ObjectRef object;
};
// The largest parts of a version that are in the store with all that is in them: the version itself, where it is whole.
std::vector<Part> whole_parts(const store::Store& store, const Part& version);

}  // namespace mlops::exchange
