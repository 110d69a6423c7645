// Files of git, replaced under git's own lock ("FILE.lock"), so that a kill never leaves one locked for good: the next
// file is written whole under a name of ours, becomes the lock by a second name for it, and then the file. A lock that
// is a file of ours is known to be.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

namespace mlops::code {

namespace fs = std::filesystem;

// `next`, durable and on the same file system, takes the place of `file`; its own name goes. `still` says under the
// lock whether what it was made from is what is there. Throws Error(state) where it is not, and where another process
// has the lock.
void replace_locked(const fs::path& next, const fs::path& file, const std::function<bool()>& still);

// Removes the locks of `files` that are temporary files in `folder`, and these. Nobody may be at work with them.
void release_locks(const fs::path& folder, const std::vector<fs::path>& files);

}  // namespace mlops::code
