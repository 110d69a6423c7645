#include "store/lease.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>

#include "base/hash.h"
#include "base/text.h"

namespace mlops::store {
namespace {

bool lock_now(int fd) {
  struct flock region {};
  region.l_type = F_WRLCK;
  region.l_whence = SEEK_SET;
  return fcntl(fd, F_OFD_SETLK, &region) == 0;
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
    if (lock_now(fd_.get()) && still_there(fd_.get())) return;
  }
}

Lease::~Lease() { ::unlink(file_.c_str()); }

std::vector<Micros> live_leases(const Layout& layout) {
  std::vector<Micros> live;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(layout.leases(), ignored)) {
    const auto time = time_of(entry.path());
    if (!time) continue;
    const Fd fd(::open(entry.path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) continue;  // gone meanwhile
    if (lock_now(fd.get())) ::unlink(entry.path().c_str());
    else live.push_back(*time);
  }
  return live;
}

}  // namespace mlops::store
