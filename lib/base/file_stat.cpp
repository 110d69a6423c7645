#include "base/file_stat.h"

namespace mlops {

FileStat file_stat(const struct stat& info) {
  const auto nanoseconds = [](const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  };
  return {static_cast<std::uint64_t>(info.st_size), info.st_ino, nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

bool same_bytes(const FileStat& one, const FileStat& other) {
  return one.size == other.size && one.inode == other.inode && one.mtime == other.mtime;
}

}  // namespace mlops
