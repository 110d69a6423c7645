// The definitions of a repository: every *.yaml below features/.
#pragma once

#include <filesystem>

#include "feature/definition.h"

namespace mlops::feature {

// Read, linked and held against their sources. Throws Error(input) with file and line; also when there is no
// definition.
Definitions read_definitions(const std::filesystem::path& root);

}  // namespace mlops::feature
