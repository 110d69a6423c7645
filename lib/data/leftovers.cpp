#include "data/leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "base/temporary.h"

namespace mlops::data {
namespace {

// Large, and nothing in them is replaced file by file: git's own, packs, environments of stages.
constexpr std::array<std::string_view, 3> k_others{".git", "packs", "envs"};

class Sweep {
 public:
  // What can't be opened or listed is passed over: this is only tidying.
  void directory(Fd fd, bool in_state) {
    const int at = fd.get();
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(at), ::closedir);
    if (!stream) return;
    fd.release();
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string name = entry->d_name;
      if (is_temporary_name(name)) {
        swept += sweep_temporary(at, name) ? 1 : 0;
      } else if (is_directory(at, *entry) && !passed_over(name, in_state)) {
        Fd below = open(at, name);
        if (below && (in_state || name == ".mlops" || !is_repository(below.get())))
          directory(std::move(below), in_state || name == ".mlops");
      }
    }
  }

  static Fd open(int directory, const std::string& name) {
    return Fd(::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }

  std::uint64_t swept = 0;

 private:
  static bool is_directory(int directory, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
    struct stat info {};
    return ::fstatat(directory, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
  }

  static bool passed_over(const std::string& name, bool in_state) {
    if (name == "." || name == "..") return true;
    return in_state ? std::find(k_others.begin(), k_others.end(), name) != k_others.end() : name == ".git";
  }

  // Of somebody else: git's or ours.
  static bool is_repository(int directory) {
    struct stat info {};
    return ::fstatat(directory, ".git", &info, AT_SYMLINK_NOFOLLOW) == 0 ||
           ::fstatat(directory, ".mlops", &info, AT_SYMLINK_NOFOLLOW) == 0;
  }
};

}  // namespace

std::uint64_t sweep_leftovers(const Repository& repository) {
  Sweep sweep;
  sweep.directory(Sweep::open(AT_FDCWD, repository.root()), false);
  // In a linked git work tree .mlops is the main one's.
  if (repository.stat_cache_file().parent_path() != repository.state())
    sweep.directory(Sweep::open(AT_FDCWD, repository.state()), true);
  return sweep.swept;
}

}  // namespace mlops::data
