// State is private (0600, 0700), unless the owner of the folder opened it to a group: `chmod g+rwxs` on it says so, and
// then what anybody of the group makes in it is the group's, whatever their umask.
#pragma once

#include <filesystem>

namespace mlops {

// For a private file or folder in `folder`, open as `fd`: gives the group what the owner has, where that is the caller
// and `folder` is shared.
void share_with_group(int fd, const std::filesystem::path& folder);
// The same without a descriptor, whose end would end SQLite's locks.
void share_with_group(const std::filesystem::path& path);
// 0700, or the group's too. One that is there stays as it is. Throws Error(outside) where it can't be made,
// Error(state) where something else is there.
void make_private_directory(const std::filesystem::path& path);

}  // namespace mlops
