// Who acts, as records name them.
#pragma once

#include <string>

#include "data/repository.h"

namespace mlops::data {

// `user.name` of the configuration, else user@host. UTF-8.
std::string author(const Repository& repository);

}  // namespace mlops::data
