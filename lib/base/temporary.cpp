#include "base/temporary.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"

namespace mlops {
namespace {

constexpr const char* k_lock = ".lock";  // in a folder
constexpr Micros k_second = 1'000'000;
constexpr Micros k_newborn = 10 * k_second;     // between making a file and locking it lies next to nothing
constexpr Micros k_link_age = 3600 * k_second;  // links take their place at once

struct flock whole() {
  struct flock region {};
  region.l_type = F_WRLCK;
  region.l_whence = SEEK_SET;
  return region;
}

// Asked, not taken: a file that is read-only can't be opened for a lock of one's own.
bool is_held(int fd) {
  struct flock region = whole();
  return ::fcntl(fd, F_OFD_GETLK, &region) != 0 || region.l_type != F_UNLCK;
}

Fd open_entry(int directory, const char* name, int flags) {
  return Fd(::openat(directory, name, flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

bool older(const struct stat& info, Micros age) {
  return now_micros() - Micros{info.st_ctim.tv_sec} * 1'000'000 >= age;
}

bool sweep_file(int directory, const char* name) {
  const Fd fd = open_entry(directory, name, 0);
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  // A further name of a pack is a link, too.
  if (!older(info, info.st_nlink > 1 ? k_link_age : k_newborn) || is_held(fd.get())) return false;
  return ::unlinkat(directory, name, 0) == 0;
}

// All but the lock, which goes last: what a kill leaves of this is swept again, or is an empty folder.
void clear(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().filename() != k_lock) fs::remove_all(entry.path(), ignored);
  fs::remove(folder / k_lock, ignored);
  fs::remove(folder, ignored);
}

bool sweep_folder(int directory, const char* name) {
  const Fd fd = open_entry(directory, name, O_DIRECTORY);
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || !older(info, k_newborn)) return false;
  const Fd lock = open_entry(fd.get(), k_lock, 0);
  if (!lock)
    return ::unlinkat(directory, name, AT_REMOVEDIR) == 0;  // killed before it had one; never what is not empty
  if (::fstat(lock.get(), &info) != 0 || !S_ISREG(info.st_mode) || !older(info, k_newborn) || is_held(lock.get()))
    return false;
  clear("/proc/self/fd/" + std::to_string(fd.get()) + "/");
  return ::unlinkat(directory, name, AT_REMOVEDIR) == 0;
}

}  // namespace

std::string temporary_name() {
  static const std::string k_process = random_hex(8);
  static std::atomic<std::uint32_t> k_count{0};
  return ".mlops-" + k_process + fmt::format("{:08x}", k_count++) + ".tmp";
}

bool is_temporary_name(std::string_view name) {
  return name.size() == 7 + 16 + 4 && name.starts_with(".mlops-") && name.ends_with(".tmp") &&
         name.substr(7, 16).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void hold_temporary(int fd) {
  struct flock region = whole();
  (void)::fcntl(fd, F_OFD_SETLK, &region);
}

TemporaryFolder::TemporaryFolder(const fs::path& parent) : path_(parent / temporary_name()) {
  if (::mkdir(path_.c_str(), 0700) != 0)
    throw system_error("cannot write into \"" + printable(parent.string()) + "\"", errno);
  held_ = open_file(path_ / k_lock, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  hold_temporary(held_.get());
}

TemporaryFolder::~TemporaryFolder() { clear(path_); }

bool sweep_temporary(int directory, const std::string& name) {
  struct stat info {};
  if (!is_temporary_name(name) || ::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (S_ISLNK(info.st_mode)) return older(info, k_link_age) && ::unlinkat(directory, name.c_str(), 0) == 0;
  return S_ISDIR(info.st_mode) ? sweep_folder(directory, name.c_str()) : sweep_file(directory, name.c_str());
}

}  // namespace mlops
