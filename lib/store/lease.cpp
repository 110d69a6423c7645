#include "store/lease.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "base/error.h"
#include "base/file_at.h"
#include "base/folder.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/bytes.h"

namespace mlops::store {
namespace {

// False where somebody else has it. Throws Error(outside) where the file system has no locks.
bool lock_now(int fd, const fs::path& file) {
  struct flock region {};
  region.l_type = F_WRLCK;
  region.l_whence = SEEK_SET;
  if (fcntl(fd, F_OFD_SETLK, &region) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  throw system_error("cannot lock \"" + printable(file.string()) + "\"", errno);
}

bool still_there(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && info.st_nlink > 0;
}

// The name begins with the time, so that it can be told without reading.
std::optional<Micros> time_of(const fs::path& file) {
  if (file.extension() != ".lease") return std::nullopt;
  const std::string name = file.stem().string();
  Micros time = 0;
  const auto end = std::from_chars(name.data(), name.data() + name.size(), time);
  if (end.ec != std::errc{} || *end.ptr != '-') return std::nullopt;
  return time;
}

}  // namespace

Lease::Lease(const Layout& layout) {
  // gc may take the new file for a dead one before it is locked, and remove it: then another is made.
  while (true) {
    file_ = layout.leases() / (std::to_string(now_micros()) + "-" + random_hex(12) + ".lease");
    fd_ = open_file(file_, O_RDWR | O_CREAT | O_EXCL, 0600);
    try {
      if (lock_now(fd_.get(), file_) && still_there(fd_.get())) return;
    } catch (const Error&) {
      ::unlink(file_.c_str());
      throw;
    }
  }
}

Lease::~Lease() { ::unlink(file_.c_str()); }

void Lease::knows(std::uint64_t list) const {
  std::string bytes;
  append_integer(bytes, list);
  write_at(fd_.get(), bytes_of(bytes), 0, file_);
}

std::vector<LiveLease> live_leases(const Layout& layout) {
  std::vector<LiveLease> live;
  for (const auto& file : entries_of(layout.leases())) {
    const auto time = time_of(file);
    if (!time) continue;
    const Fd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!fd && errno == ENOENT) continue;
    if (!fd) {  // somebody else's, who did not open it: at work, for all that can be told
      live.push_back({*time, 0});
      continue;
    }
    if (lock_now(fd.get(), file)) {
      ::unlink(file.c_str());
      continue;
    }
    std::array<char, 8> list{};
    const bool told = read_at(fd.get(), std::as_writable_bytes(std::span(list)), 0, file) == list.size();
    live.push_back({*time, told ? integer_at<std::uint64_t>(list.data()) : 0});
  }
  return live;
}

}  // namespace mlops::store
