// What of some versions is neither here nor on a remote. Private to this module.
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"
#include "store/remote/catalogue.h"

namespace mlops::exchange {

struct NamedVersion {
  Id id;
  std::string path;
};

// Paths, sorted, each once. What of a directory is on the remote but not here is taken to be there with all that is in
// it.
std::vector<std::string> absent(const store::Store& store, const store::Catalogue& catalogue,
                                std::vector<NamedVersion> versions);

}  // namespace mlops::exchange
