#include "data/leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "data/beneath.h"
#include "data/worktree.h"

namespace mlops::data {
namespace {

constexpr Micros k_newborn = 10'000'000;  // between making a file and locking it lies next to nothing

bool is_held(int fd) {
  struct flock region {};
  region.l_type = F_WRLCK;
  region.l_whence = SEEK_SET;
  return ::fcntl(fd, F_OFD_SETLK, &region) != 0;
}

bool sweep_file(int directory, const char* name) {
  const Fd fd(::openat(directory, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  if (now_micros() - Micros{info.st_ctim.tv_sec} * 1'000'000 < k_newborn || is_held(fd.get())) return false;
  return ::unlinkat(directory, name, 0) == 0;
}

// What can't be opened or listed is passed over: this is only tidying.
std::uint64_t sweep_directory(Fd fd, bool deep) {
  const int directory = fd.get();
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(directory), ::closedir);
  if (!stream) return 0;
  fd.release();
  std::uint64_t swept = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (is_temporary_name(name)) swept += sweep_file(directory, entry->d_name) ? 1 : 0;
    if (!deep || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) || name == "." || name == "..") continue;
    if (Fd below(::openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)); below) swept += sweep_directory(std::move(below), true);
  }
  return swept;
}

std::uint64_t sweep(const Beneath& root, const std::string& path, bool deep) {
  try {
    Fd fd = root.find_directory(path);
    return fd ? sweep_directory(std::move(fd), deep) : 0;
  } catch (const Error&) {  // a file, or a link in the way
    return 0;
  }
}

}  // namespace

std::uint64_t sweep_leftovers(const Repository& repository) {
  const Beneath root(repository.root());
  std::set<std::string> beside;
  std::uint64_t swept = 0;
  for (const auto& path : tracked_paths(repository)) {
    beside.insert(split_path(path).first);
    swept += sweep(root, path, true);
  }
  for (const auto& directory : beside) swept += sweep(root, directory, false);
  return swept;
}

}  // namespace mlops::data
