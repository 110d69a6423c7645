#include "code/module-git/stage_file.h"

#include <fcntl.h>
#include <git2/sys/repository.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "base/temporary.h"
#include "base/text.h"
#include "code/module-git/own_lock.h"

namespace mlops::code {
namespace {

std::string quote(const fs::path& path) { return "\"" + printable(path.string()) + "\""; }

// A copy that is as old, by which libgit2 tells entries that may have changed since they were written.
void copy_with_time(const fs::path& from, const fs::path& to) {
  struct stat info {};
  if (::lstat(from.c_str(), &info) != 0) return;  // a new repository has none
  const Fd out = open_file(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
  write_all(out.get(), read_file(from), to);
  const timespec times[] = {info.st_atim, info.st_mtim};
  if (::futimens(out.get(), times) != 0) throw system_error("cannot write " + quote(to), errno);
}

// The next index, whole and durable under a name of its own, in the folder of the present one.
class NextIndex {
 public:
  NextIndex(git_repository* repository, const fs::path& index, const std::string& path)
      : file_(index.parent_path() / temporary_name()) {
    copy_with_time(index, file_);
    git_repository* other = nullptr;
    check(git_repository_open(&other, git_repository_workdir(repository)), "the repository can't be opened");
    const RepositoryPtr owner(other);
    git_index* raw = nullptr;
    check(git_index_open(&raw, file_.c_str()), "the index can't be read");
    const IndexPtr next(raw);
    check(git_repository_set_index(other, raw), "the index can't be read");
    check(git_index_add_bypath(raw, path.c_str()), "a file can't be staged");
    check(git_index_write(raw), "the index can't be written");
    const Fd fd = open_file(file_, O_RDONLY);
    if (::fsync(fd.get()) != 0) throw system_error("cannot write " + quote(file_), errno);
  }
  ~NextIndex() { ::unlink(file_.c_str()); }
  NextIndex(const NextIndex&) = delete;
  NextIndex& operator=(const NextIndex&) = delete;
  [[nodiscard]] const fs::path& file() const { return file_; }

 private:
  fs::path file_;
};

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && a.st_size == b.st_size;
}

}  // namespace

fs::path index_file(git_repository* repository) {
  git_index* raw = nullptr;
  check(git_repository_index(&raw, repository), "the index can't be read");
  return git_index_path(IndexPtr(raw).get());
}

void stage_file(git_repository* repository, const std::string& path) {
  const fs::path index = index_file(repository);
  struct stat before {
  }, now{};
  const bool there = ::lstat(index.c_str(), &before) == 0;
  const NextIndex next(repository, index, path);
  replace_locked(next.file(), index,
                 [&] { return (::lstat(index.c_str(), &now) == 0) == there && (!there || same_file(before, now)); });
}

}  // namespace mlops::code
