#include "data/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace mlops::data {
namespace {

constexpr std::size_t k_hole = 64 << 10;  // bytes; fewer zeros in a row are written

std::string quote(const std::string& path) { return "\"" + printable(path.empty() ? "." : path) + "\""; }

[[noreturn]] void fail(const char* verb, const std::string& path, int error) {
  if (error == ELOOP || error == EXDEV)
    throw input_error(quote(path) + " is reached through a link, which mlops never follows",
                      "make it a real directory, or use the path behind the link");
  if (error == ENOTDIR) throw input_error("a component of " + quote(path) + " is no directory");
  throw system_error(std::string("cannot ") + verb + " " + quote(path), error);
}

bool is_still(int directory, const std::string& name, const FileStat& file) {
  struct stat info {};
  if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode)) return false;
  return same_bytes(file_stat(info), file);
}

[[noreturn]] void refuse_change(const std::string& path) {
  throw outside_error(quote(path) + " changes while it is replaced, and stays",
                      "wait until nothing writes to it, then run the command again");
}

// Where another file has the name by now, both stay.
void put_back(int directory, const std::string& aside, const std::string& name, const std::string& path) {
  for (std::string back = name; ::renameat2(directory, aside.c_str(), directory, back.c_str(), RENAME_NOREPLACE) != 0;
       back = name + "." + random_hex(8)) {
    if (errno == EINVAL && ::renameat(directory, aside.c_str(), directory, back.c_str()) == 0) return;
    if (errno != EEXIST) fail("put back", path, errno);
  }
}

// One component after the other, for kernels without openat2 and containers that forbid it.
int open_stepwise(int root, const std::string& path, int flags) {
  Fd at(::fcntl(root, F_DUPFD_CLOEXEC, 0));
  const auto parts = split(path, '/');
  for (std::size_t i = 0; at && i < parts.size(); ++i) {
    if (parts[i] == "..") return errno = EXDEV, -1;
    const int how = (i + 1 == parts.size() ? flags : O_RDONLY | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC;
    const int next = ::openat(at.get(), parts[i].c_str(), how);
    struct stat info {};
    // With O_DIRECTORY a link is ENOTDIR: tell the two apart.
    if (next < 0 && errno == ENOTDIR && ::fstatat(at.get(), parts[i].c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0)
      errno = S_ISLNK(info.st_mode) ? ELOOP : ENOTDIR;
    at = Fd(next);
  }
  return at.release();
}

int open_beneath(int root, const std::string& path, int flags) {
  static std::atomic<bool> k_missing{false};
  if (path.empty()) return ::fcntl(root, F_DUPFD_CLOEXEC, 0);
  struct open_how how {};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  while (!k_missing) {
    const auto fd = static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
    if (fd >= 0) return fd;
    if (errno == ENOSYS || errno == EPERM)
      k_missing = true;
    else if (errno != EAGAIN && errno != EINTR)
      return -1;
  }
  return open_stepwise(root, path, flags);
}

}  // namespace

std::optional<store::Mode> mode_of(const struct stat& info) {
  if (S_ISREG(info.st_mode)) return (info.st_mode & S_IXUSR) != 0 ? store::Mode::executable : store::Mode::file;
  if (S_ISDIR(info.st_mode)) return store::Mode::directory;
  if (S_ISLNK(info.st_mode)) return store::Mode::link;
  return std::nullopt;
}

void check_path(const std::string& path) {
  for (const auto& part : split(path, '/'))
    if (!store::valid_name(part)) throw input_error(quote(path) + " is no path that can be versioned");
}

std::pair<std::string, std::string> split_path(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

std::string join_path(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

bool is_in(const std::string& path, const std::string& above) { return path == above || path.starts_with(above + "/"); }

Beneath::Beneath(const fs::path& root) : root_(open_file(root, O_RDONLY | O_DIRECTORY)) {}

Fd Beneath::find_directory(const std::string& path) const {
  Fd fd(open_beneath(root_.get(), path, O_RDONLY | O_DIRECTORY));
  if (!fd && errno != ENOENT) fail("open", path, errno);
  return fd;
}

Fd Beneath::open_directory(const std::string& path) const {
  Fd fd = find_directory(path);
  if (!fd) throw input_error("there is no directory " + quote(path));
  return fd;
}

Fd Beneath::make_directory(const std::string& path) const {
  if (Fd fd = find_directory(path)) return fd;
  const auto [parent, name] = split_path(path);
  const Fd above = make_directory(parent);
  if (::mkdirat(above.get(), name.c_str(), 0777) != 0 && errno != EEXIST) fail("make", path, errno);
  Fd fd(::openat(above.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) fail("open", path, errno == ENOTDIR ? ELOOP : errno);
  return fd;
}

std::optional<struct stat> Beneath::look(const std::string& path) const {
  const auto [parent, name] = split_path(path);
  const Fd above = find_directory(parent);
  struct stat info {};
  if (!above) return std::nullopt;
  if (::fstatat(above.get(), name.empty() ? "." : name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return info;
  if (errno == ENOENT) return std::nullopt;
  fail("look at", path, errno);
}

std::optional<std::string> Beneath::read(const std::string& path, std::uint64_t limit) const {
  const auto [parent, name] = split_path(path);
  const Fd above = find_directory(parent);
  struct stat info {};
  if (!above || ::fstatat(above.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  const Fd fd = open_file_at(above.get(), name, path);
  std::string out;
  std::array<std::byte, 8192> buffer;
  while (const auto got = read_some(fd.get(), buffer, path)) {
    out.append(reinterpret_cast<const char*>(buffer.data()), got);
    if (out.size() > limit) throw input_error(quote(path) + " is larger than " + show_size(limit));
  }
  return out;
}

void Beneath::replace(const std::string& path, std::string_view bytes) const {
  const auto [parent, name] = split_path(path);
  const Fd above = make_directory(parent);
  NewFile file(above.get(), path, 0666);
  file.write(std::as_bytes(std::span(bytes)));
  if (::fsync(file.fd()) != 0) fail("write", path, errno);
  file.place(name);
  if (::fsync(above.get()) != 0 && errno != EINVAL) fail("write", path, errno);
}

void Beneath::remove_file(const std::string& path) const {
  const auto [parent, name] = split_path(path);
  const Fd above = find_directory(parent);
  if (above && ::unlinkat(above.get(), name.c_str(), 0) != 0 && errno != ENOENT) fail("remove", path, errno);
}

void refuse_newcomer(const std::string& path) {
  throw outside_error(quote(path) + " came while it was to be written, and stays", "run the command again");
}

void supplant(int directory, const std::string& fresh, const std::string& name, const Occupant& occupant,
              const std::string& path) {
  const auto rename = [&](unsigned flags) {
    return ::renameat2(directory, fresh.c_str(), directory, name.c_str(), flags) == 0;
  };
  if (occupant.file) {
    if (rename(RENAME_EXCHANGE)) {
      if (is_still(directory, fresh, *occupant.file)) {
        ::unlinkat(directory, fresh.c_str(), 0);
        return;
      }
      if (!rename(RENAME_EXCHANGE)) put_back(directory, fresh, name, path);
      refuse_change(path);
    }
    if (errno != EINVAL && errno != ENOENT) fail("write", path, errno);
    if (errno == ENOENT && rename(RENAME_NOREPLACE)) return;  // somebody removed it
  } else if (!occupant.there) {
    if (rename(RENAME_NOREPLACE)) return;
    if (errno == EEXIST) refuse_newcomer(path);
    if (errno != EINVAL) fail("write", path, errno);
  }
  // This file system can't look itself.
  if (::renameat(directory, fresh.c_str(), directory, name.c_str()) != 0) fail("write", path, errno);
}

void remove_unchanged(int directory, const std::string& name, const FileStat& file, const std::string& path) {
  const std::string aside = temporary_name();
  if (::renameat(directory, name.c_str(), directory, aside.c_str()) != 0) {
    if (errno != ENOENT) fail("remove", path, errno);
    return;
  }
  if (is_still(directory, aside, file)) {
    if (::unlinkat(directory, aside.c_str(), 0) != 0 && errno != ENOENT) fail("remove", path, errno);
    return;
  }
  put_back(directory, aside, name, path);
  refuse_change(path);
}

Fd open_file_at(int directory, const std::string& name, const std::string& path) {
  Fd fd(::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd && errno == ELOOP) throw input_error(quote(path) + " is a link");
  if (!fd && errno == ENOENT) throw input_error(quote(path) + " went away while it was read");
  if (!fd) fail("read", path, errno);
  return fd;
}

std::string read_link_at(int directory, const std::string& name, const std::string& path) {
  std::array<char, 4097> target;
  const ssize_t size = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (size < 0) fail("read the link", path, errno);
  return {target.data(), static_cast<std::size_t>(size)};
}

NewFile::NewFile(int directory, std::string path, unsigned mode, const std::string& name)
    : directory_(directory), path_(std::move(path)), temporary_(name.empty() ? temporary_name() : name) {
  fd_ = Fd(::openat(directory_, temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd_) fail("write", path_, errno);
  if (name.empty()) hold_temporary(fd_.get());
}

NewFile::~NewFile() {
  if (!temporary_.empty()) ::unlinkat(directory_, temporary_.c_str(), 0);
}

void NewFile::write(std::span<const std::byte> bytes) {
  ends_in_hole_ = bytes.size() >= k_hole && bytes[0] == std::byte{0} &&
                  std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
  if (!ends_in_hole_) return write_all(fd_.get(), bytes, path_);
  if (::lseek(fd_.get(), static_cast<off_t>(bytes.size()), SEEK_CUR) < 0) fail("write", path_, errno);
}

FileStat NewFile::place(const std::string& name, const Occupant& occupant) {
  if (ends_in_hole_ && ::ftruncate(fd_.get(), ::lseek(fd_.get(), 0, SEEK_CUR)) != 0) fail("write", path_, errno);
  if (temporary_ != name) supplant(directory_, temporary_, name, occupant, path_);
  temporary_.clear();
  struct stat info {};
  if (::fstat(fd_.get(), &info) != 0) fail("look at", path_, errno);
  return file_stat(info);
}

}  // namespace mlops::data
