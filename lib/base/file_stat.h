// What tells whether a file is still the one that was read.
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace mlops {

// Times in nanoseconds since 1970.
struct FileStat {
  std::uint64_t size = 0, inode = 0;
  std::int64_t mtime = 0, ctime = 0;
  bool operator==(const FileStat&) const = default;
};
FileStat file_stat(const struct stat& info);
// Whether only the ctime differs: another name, one more link or another mode changes no bytes.
bool same_bytes(const FileStat& one, const FileStat& other);

}  // namespace mlops
