// The lists of files of versions that are on a remote and not here.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "data/repository.h"

namespace mlops::exchange {

// Fetches them from the default remote, of versions and all directories in them. Returns its name; "" where there is no
// default remote or it is not agreed to. Throws as pull does.
std::string fetch_trees(data::Repository& repository, const std::vector<Id>& versions, const std::stop_token& stop);

}  // namespace mlops::exchange
