// One entry of the index.
#pragma once

#include <filesystem>
#include <string>

#include "code/module-git/git_pointers.h"

namespace mlops::code {

namespace fs = std::filesystem;

fs::path index_file(git_repository* repository);
// As Git::stage says.
void stage_file(git_repository* repository, const std::string& path);

}  // namespace mlops::code
