#include "store/remote/directory.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "base/error.h"
#include "base/file_at.h"
#include "base/hash.h"
#include "base/text.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_write_behind = 32 << 20;
constexpr const char* k_fresh = ".new-";  // begins the name of what is not complete yet

// Opens what lies beneath a directory; no part of the path may be a link (openat2).
Fd open_beneath(int directory, const std::string& path, std::uint64_t flags, std::uint64_t mode = 0) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return Fd(static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how)));
}

// Another user may write to it: no link is followed below its root, and bytes are copied (or share blocks), never
// linked.
class DirectoryRemote : public Remote {
 public:
  explicit DirectoryRemote(fs::path root) : root_(std::move(root)), url_(root_.string()) {}

  [[nodiscard]] const std::string& url() const override { return url_; }

  [[nodiscard]] std::vector<Item> list(const std::string& prefix) const override {
    std::vector<Item> out;
    std::error_code problem;
    fs::recursive_directory_iterator at(root_ / prefix, problem), end;
    // A store of a work tree, which imports read as a remote, has files where a remote has folders.
    if (problem == std::errc::no_such_file_or_directory || problem == std::errc::not_a_directory) return out;
    for (; !problem && at != end; at.increment(problem)) {
      struct stat info {};
      if (::lstat(at->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode) ||
          at->path().filename().string().starts_with('.'))
        continue;
      out.push_back(
          {prefix + at->path().lexically_relative(root_ / prefix).string(), static_cast<std::uint64_t>(info.st_size)});
    }
    if (problem) throw outside_error("cannot list " + printable(url_) + ": " + problem.message());
    return out;
  }

  [[nodiscard]] std::string read(const std::string& name, std::uint64_t offset, std::uint64_t length) const override {
    const Fd root(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const Fd fd = root ? open_beneath(root.get(), name, O_RDONLY | O_NONBLOCK) : Fd();
    if (!fd && errno == ENOENT) throw Gone(url_, name);
    if (!fd) throw failure("read", name);
    std::string out(length, '\0');
    if (read_at(fd.get(), std::as_writable_bytes(std::span(out)), offset, root_ / name) < out.size())
      throw state_error(name + " on " + printable(url_) + " is shorter than it should be",
                        "push again from a clone that has it");
    return out;
  }

  bool write_once(const std::string& name, const fs::path& file) override {
    return write(name, [&](int to, const fs::path& path) { copy(file, to, path); });
  }
  bool write_once(const std::string& name, std::string_view bytes) override {
    return write(name, [&](int to, const fs::path& path) { write_all(to, bytes, path); });
  }

  void remove(const std::string& name) override {
    const auto slash = name.rfind('/');
    const Fd folder = make_folder(name.substr(0, slash));
    if (::unlinkat(folder.get(), name.substr(slash + 1).c_str(), 0) != 0 && errno != ENOENT)
      throw failure("remove", name);
  }

  std::uint64_t sweep(std::int64_t age) override {
    std::uint64_t swept = 0;
    const auto now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1);
    std::error_code problem;
    fs::recursive_directory_iterator at(root_, problem), end;
    for (; !problem && at != end; at.increment(problem)) {
      struct stat info {};
      if (!at->path().filename().string().starts_with(k_fresh) || ::lstat(at->path().c_str(), &info) != 0 ||
          !S_ISREG(info.st_mode))
        continue;
      if (info.st_mtim.tv_sec + age / 1'000'000 < now && ::unlink(at->path().c_str()) == 0) ++swept;
    }
    return swept;
  }

 private:
  [[nodiscard]] Error failure(const std::string& doing, const std::string& name) const {
    return system_error("cannot " + doing + " \"" + printable((root_ / name).string()) + "\"", errno);
  }

  static void copy(const fs::path& file, int to, const fs::path& path) {
    const Fd from = open_file(file, O_RDONLY | O_NOFOLLOW);
    if (::ioctl(to, FICLONE, from.get()) == 0) return;
    std::vector<std::byte> buffer(1 << 20);
    std::uint64_t done = 0;
    while (const std::size_t got = read_some(from.get(), buffer, file)) {
      write_all(to, std::span(buffer).first(got), path);
      done += got;
      if (done % k_write_behind < got)
        ::sync_file_range(to, 0, 0, SYNC_FILE_RANGE_WRITE);  // so that the fsync at the end is short
    }
  }

  // The root is the user's word, with whatever links stand in it; below it there are none.
  [[nodiscard]] Fd make_folder(const std::string& name) const {
    std::error_code problem;
    fs::create_directories(root_, problem);
    Fd at(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!at) throw failure("make", "");
    for (const auto& part : split(name, '/')) {
      if (::mkdirat(at.get(), part.c_str(), 0777) != 0 && errno != EEXIST) throw failure("make", name);
      Fd next = open_beneath(at.get(), part, O_RDONLY | O_DIRECTORY);
      if (!next) throw failure("open", name);
      at = std::move(next);
    }
    return at;
  }

  // A new file beside it, synced, then link(2), which fails where there is one.
  template <class Fill>
  bool write(const std::string& name, const Fill& fill) {
    const auto slash = name.rfind('/');
    const std::string last = name.substr(slash + 1), fresh = k_fresh + random_hex(16);
    const Fd folder = make_folder(name.substr(0, slash));
    struct stat info {};
    if (::fstatat(folder.get(), last.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return false;
    bool made = false;
    try {
      const Fd fd(::openat(folder.get(), fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
      if (!fd) throw failure("write", name);
      fill(fd.get(), root_ / name);
      if (::fsync(fd.get()) != 0) throw failure("write", name);
      made = publish(folder.get(), fresh, last, name);
    } catch (...) {
      ::unlinkat(folder.get(), fresh.c_str(), 0);
      throw;
    }
    ::unlinkat(folder.get(), fresh.c_str(), 0);
    if (::fsync(folder.get()) != 0 && errno != EINVAL) throw failure("write", name);
    return made;
  }

  [[nodiscard]] bool publish(int folder, const std::string& fresh, const std::string& last,
                             const std::string& name) const {
    if (::linkat(folder, fresh.c_str(), folder, last.c_str(), 0) == 0) return true;
    if (errno == EEXIST) return false;
    // File systems without hard links.
    if (::renameat2(folder, fresh.c_str(), folder, last.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno == EEXIST) return false;
    // And without that: names of packs tell their content, so a race there writes equal bytes.
    if (::renameat(folder, fresh.c_str(), folder, last.c_str()) != 0) throw failure("write", name);
    return true;
  }

  fs::path root_;
  std::string url_;
};

fs::path path_of(const std::string& url) {
  return url.starts_with("file://") ? fs::path(url.substr(7)) : fs::path(url);
}

}  // namespace

std::string check_directory_url(const std::string& url) {
  const fs::path path = path_of(url);
  if (path.empty()) throw usage_error("a remote needs a path");
  if (url.starts_with("file://") && !path.is_absolute())
    throw usage_error("\"" + printable(url) + "\" names no absolute path", "file:///mnt/team/store");
  return fs::absolute(path).lexically_normal().string();
}

std::unique_ptr<Remote> open_directory_remote(const std::string& url) {
  return std::make_unique<DirectoryRemote>(check_directory_url(url));
}

}  // namespace mlops::store
