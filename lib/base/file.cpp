#include "base/file_at.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/shared_folder.h"
#include "base/temporary.h"
#include "base/text.h"

namespace mlops {
namespace {

[[noreturn]] void fail(const char* verb, const fs::path& path, int error) {
  throw system_error(std::string("cannot ") + verb + " \"" + printable(path.string()) + "\"", error);
}

bool lock_descriptor(int fd, int command, short type = F_WRLCK) {
  struct flock region {};
  region.l_type = type;
  region.l_whence = SEEK_SET;
  int result = 0;
  do result = fcntl(fd, command, &region);
  while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Fd open_file(const fs::path& path, int flags, unsigned mode) {
  int fd = -1;
  do fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  if (fd >= 0 && (flags & O_CREAT) != 0 && (mode & 0077) == 0) share_with_group(fd, path.parent_path());
  if (fd >= 0) return Fd(fd);
  if (errno == ENOENT) throw input_error("no such file: \"" + printable(path.string()) + "\"");
  fail("open", path, errno);
}

std::size_t read_some(int fd, std::span<std::byte> buffer, const fs::path& name) {
  ssize_t got = 0;
  do got = ::read(fd, buffer.data(), buffer.size());
  while (got < 0 && errno == EINTR);
  if (got < 0) fail("read", name, errno);
  return static_cast<std::size_t>(got);
}

std::size_t read_at(int fd, std::span<std::byte> to, std::uint64_t offset, const fs::path& name) {
  std::size_t have = 0;
  while (have < to.size()) {
    const ssize_t got = ::pread(fd, to.data() + have, to.size() - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", name, errno);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  return have;
}

void write_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset, const fs::path& name) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("write", name, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
}

void write_all(int fd, std::span<const std::byte> bytes, const fs::path& name) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("write", name, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

std::string read_file(const fs::path& path, std::uint64_t limit) {
  const Fd fd = open_file(path, O_RDONLY);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) fail("read", path, errno);
  if (S_ISDIR(info.st_mode)) throw input_error("\"" + printable(path.string()) + "\" is a directory, not a file");
  std::string out;
  out.resize(static_cast<std::size_t>(
      info.st_size > 0 && static_cast<std::uint64_t>(info.st_size) <= limit ? info.st_size : 0));
  std::size_t have = 0;
  while (true) {
    if (have == out.size()) out.resize(out.size() + 65536);
    const auto got = read_some(fd.get(), std::as_writable_bytes(std::span(out)).subspan(have), path);
    if (got == 0) break;
    have += got;
    if (have > limit) throw input_error("\"" + printable(path.string()) + "\" is larger than " + show_size(limit));
  }
  out.resize(have);
  return out;
}

void replace_file(const fs::path& path, std::string_view bytes, unsigned mode, bool durable) {
  const fs::path temporary = path.parent_path() / temporary_name();
  try {
    const Fd fd = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    hold_temporary(fd.get());
    write_all(fd.get(), bytes, path);
    if (durable && ::fsync(fd.get()) != 0) fail("write", path, errno);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail("write", path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (durable) sync_directory(path.has_parent_path() ? path.parent_path() : ".");
}

void sync_directory(const fs::path& directory) {
  const Fd fd = open_file(directory, O_RDONLY | O_DIRECTORY);
  if (::fsync(fd.get()) != 0 && errno != EINVAL) fail("write", directory, errno);
}

FileLock::FileLock(const fs::path& path) : fd_(open_file(path, O_RDWR | O_CREAT, 0600)) {
  if (!lock_descriptor(fd_.get(), F_OFD_SETLKW)) fail("lock", path, errno);
}

FileLock FileLock::shared(const fs::path& path) {
  FileLock lock;
  lock.fd_ = open_file(path, O_RDWR | O_CREAT, 0600);
  if (!lock_descriptor(lock.fd_.get(), F_OFD_SETLKW, F_RDLCK)) fail("lock", path, errno);
  return lock;
}

FileLock FileLock::try_lock(const fs::path& path) {
  FileLock lock;
  lock.fd_ = open_file(path, O_RDWR | O_CREAT, 0600);
  if (!lock_descriptor(lock.fd_.get(), F_OFD_SETLK)) lock.fd_.reset();
  return lock;
}

}  // namespace mlops
