// A git revision among the paths that a data command was given.
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"

namespace mlops {

// Takes the first name out that is no path and no versioned path here, but known to git. "" where there is none.
std::string take_revision(const data::Repository& repository, std::vector<std::string>& names);

}  // namespace mlops
