// What a file system says of a path, where "no" must not be what is left of an error: a folder that can't be listed is
// no empty one, and a file that can't be asked for may be there.
#pragma once

#include <filesystem>
#include <vector>

namespace mlops {

namespace fs = std::filesystem;

// False only where nothing is there; links are followed. Throws Error(outside) where it can't be told.
bool is_there(const fs::path& path);
// The paths of everything in a folder, in no order; nothing where there is no such folder. Throws Error(outside) where
// it can't be listed to the end.
std::vector<fs::path> entries_of(const fs::path& folder);

}  // namespace mlops
