#include "store/remote/directory.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace mlops::store {
namespace {

// Another user may write to it: no link is followed below its root, and bytes are copied (or share blocks), never linked.
class DirectoryRemote : public Remote {
 public:
  explicit DirectoryRemote(fs::path root) : root_(std::move(root)), url_(root_.string()) {}

  [[nodiscard]] const std::string& url() const override { return url_; }

  [[nodiscard]] std::vector<Item> list(const std::string& prefix) const override {
    std::vector<Item> out;
    std::error_code problem;
    fs::recursive_directory_iterator at(root_ / prefix, problem), end;
    if (problem == std::errc::no_such_file_or_directory) return out;
    for (; !problem && at != end; at.increment(problem)) {
      struct stat info {};
      if (::lstat(at->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode) || at->path().filename().string().starts_with('.')) continue;
      out.push_back({prefix + at->path().lexically_relative(root_ / prefix).string(), static_cast<std::uint64_t>(info.st_size)});
    }
    if (problem) throw outside_error("cannot list " + printable(url_) + ": " + problem.message());
    return out;
  }

  [[nodiscard]] std::string read(const std::string& name, std::uint64_t offset, std::uint64_t length) const override {
    const fs::path path = root_ / name;
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd && errno == ENOENT) throw state_error(printable(url_) + " has no " + name + " any more");
    if (!fd) throw system_error("cannot read \"" + printable(path.string()) + "\"", errno);
    std::string out(length, '\0');
    for (std::size_t done = 0; done < out.size();) {
      const ssize_t got = ::pread(fd.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw system_error("cannot read \"" + printable(path.string()) + "\"", errno);
      if (got == 0) throw state_error(name + " on " + printable(url_) + " is shorter than it should be", "push again from a clone that has it");
      done += static_cast<std::size_t>(got);
    }
    return out;
  }

  bool write_once(const std::string& name, const fs::path& file) override {
    return write(name, [&](int to, const fs::path& path) { copy(file, to, path); });
  }
  bool write_once(const std::string& name, std::string_view bytes) override {
    return write(name, [&](int to, const fs::path& path) { write_all(to, bytes, path); });
  }

  void remove(const std::string& name) override {
    if (::unlink((root_ / name).c_str()) != 0 && errno != ENOENT) throw system_error("cannot remove " + name + " on " + printable(url_), errno);
  }

 private:
  static void copy(const fs::path& file, int to, const fs::path& path) {
    const Fd from = open_file(file, O_RDONLY | O_NOFOLLOW);
    if (::ioctl(to, FICLONE, from.get()) == 0) return;
    std::vector<std::byte> buffer(1 << 20);
    while (const std::size_t got = read_some(from.get(), buffer, file)) write_all(to, std::span(buffer).first(got), path);
  }

  // A new file beside it, synced, then link(2), which fails where there is one.
  template <class Fill>
  bool write(const std::string& name, const Fill& fill) {
    const fs::path path = root_ / name;
    struct stat info {};
    if (::lstat(path.c_str(), &info) == 0) return false;
    std::error_code problem;
    fs::create_directories(path.parent_path(), problem);
    if (problem) throw outside_error("cannot make \"" + printable(path.parent_path().string()) + "\": " + problem.message());
    const fs::path fresh = path.parent_path() / (".new-" + random_hex(16));
    bool made = false;
    try {
      const Fd fd = open_file(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
      fill(fd.get(), fresh);
      if (::fsync(fd.get()) != 0) throw system_error("cannot write \"" + printable(fresh.string()) + "\"", errno);
      made = publish(fresh, path);
    } catch (...) {
      ::unlink(fresh.c_str());
      throw;
    }
    ::unlink(fresh.c_str());
    sync_directory(path.parent_path());
    return made;
  }

  static bool publish(const fs::path& fresh, const fs::path& path) {
    if (::link(fresh.c_str(), path.c_str()) == 0) return true;
    if (errno == EEXIST) return false;
    // File systems without hard links: names of packs tell their content, so a race there writes equal bytes.
    if (::rename(fresh.c_str(), path.c_str()) != 0) throw system_error("cannot write \"" + printable(path.string()) + "\"", errno);
    return true;
  }

  fs::path root_;
  std::string url_;
};

fs::path path_of(const std::string& url) { return url.starts_with("file://") ? fs::path(url.substr(7)) : fs::path(url); }

}  // namespace

std::string check_directory_url(const std::string& url) {
  const fs::path path = path_of(url);
  if (path.empty()) throw usage_error("a remote needs a path");
  if (url.starts_with("file://") && !path.is_absolute()) throw usage_error("\"" + printable(url) + "\" names no absolute path", "file:///mnt/team/store");
  return fs::absolute(path).lexically_normal().string();
}

std::unique_ptr<Remote> open_directory_remote(const std::string& url) { return std::make_unique<DirectoryRemote>(check_directory_url(url)); }

}  // namespace mlops::store
