#include "base/shared_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace mlops {
namespace {

bool is_shared(const fs::path& folder) {
  struct stat info {};
  return ::stat(folder.empty() ? "." : folder.c_str(), &info) == 0 && (info.st_mode & S_IWGRP) != 0 &&
         (info.st_mode & S_ISGID) != 0;
}

// nullopt: as it is, or somebody else's.
std::optional<mode_t> shared_mode(const struct stat& info) {
  const mode_t mode = info.st_mode & 07777, wanted = mode | (mode & 0700) >> 3 | (S_ISDIR(info.st_mode) ? S_ISGID : 0);
  if (wanted == mode || info.st_uid != ::geteuid() || S_ISLNK(info.st_mode)) return std::nullopt;
  return wanted;
}

std::string quote(const fs::path& path) { return "\"" + printable(path.string()) + "\""; }

}  // namespace

void share_with_group(int fd, const fs::path& folder) {
  struct stat info {};
  if (!is_shared(folder) || ::fstat(fd, &info) != 0) return;
  const auto mode = shared_mode(info);
  if (mode && ::fchmod(fd, *mode) != 0) throw system_error("cannot share a file in " + quote(folder), errno);
}

void share_with_group(const fs::path& path) {
  struct stat info {};
  if (!is_shared(path.parent_path()) || ::lstat(path.c_str(), &info) != 0) return;
  const auto mode = shared_mode(info);
  if (mode && ::chmod(path.c_str(), *mode) != 0) throw system_error("cannot share " + quote(path), errno);
}

void make_private_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0) {
    share_with_group(open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).get(), path.parent_path());
    return;
  }
  if (errno != EEXIST) throw system_error("cannot make " + quote(path), errno);
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) throw state_error(quote(path) + " is no directory");
}

}  // namespace mlops
