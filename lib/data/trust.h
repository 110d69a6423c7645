// Whose repository may be opened: the caller's own, or one that the caller listed (git's owner check, CVE-2022-24765).
#pragma once

#include <filesystem>

#include "base/config.h"

namespace mlops::data {

// Throws Error(state) where `directory` belongs to somebody else and is neither in MLOPS_TRUSTED nor in
// `trust.repositories` of the user's own configuration (absolute paths, `*` for all).
void check_owner(const std::filesystem::path& directory, const std::filesystem::path& root, const Config& personal);

}  // namespace mlops::data
