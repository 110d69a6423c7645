// Finds the pointers of a work tree.
#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "data/beneath.h"
#include "data/ignore.h"
#include "data/worktree.h"

namespace mlops::data {
namespace {

using Rules = std::shared_ptr<const IgnoreRules>;
constexpr std::string_view k_suffix = ".mlops";

struct Listing {
  std::vector<std::string> directories;
  std::set<std::string> files;
};

Listing list(Fd fd) {
  Listing out;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
  if (!stream) return out;
  fd.release();
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    unsigned char type = entry->d_type;
    struct stat info {};
    if (type == DT_UNKNOWN && ::fstatat(::dirfd(stream.get()), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) type = IFTODT(info.st_mode);
    if (type == DT_DIR && store::valid_name(name)) out.directories.push_back(name);
    if (type == DT_REG) out.files.insert(name);
  }
  return out;
}

class Search {
 public:
  explicit Search(const fs::path& root) : root_(root) {}

  void visit(const std::string& directory, const Rules& above) {
    Fd fd = root_.find_directory(directory);
    if (!fd) return;  // went away
    const Listing listing = list(std::move(fd));
    if (!directory.empty() && listing.files.contains(".git")) return;  // a submodule or linked worktree: not this repository
    Rules rules = above;
    if (listing.files.contains(".gitignore"))
      if (const auto text = root_.read(join_path(directory, ".gitignore"), 8 << 20)) rules = std::make_shared<const IgnoreRules>(directory, *text, above);
    std::set<std::string> tracked;
    for (const auto& file : listing.files)
      if (file.size() > k_suffix.size() && file.ends_with(k_suffix)) tracked.insert(file.substr(0, file.size() - k_suffix.size()));
    if (listing.files.contains("mlops.lock")) locks.push_back(join_path(directory, "mlops.lock"));
    for (const auto& name : tracked) found.push_back(join_path(directory, name));
    for (const auto& name : listing.directories) {
      const std::string path = join_path(directory, name);
      if (!tracked.contains(name) && !(rules && rules->ignores(path, true))) visit(path, rules);
    }
  }

  std::vector<std::string> found, locks;

 private:
  Beneath root_;
};

}  // namespace

std::vector<std::string> tracked_paths(const Repository& repository) {
  Search search(repository.root());
  search.visit("", nullptr);
  std::sort(search.found.begin(), search.found.end());
  return std::move(search.found);
}

std::vector<std::string> lock_files(const Repository& repository) {
  Search search(repository.root());
  search.visit("", nullptr);
  return std::move(search.locks);
}

}  // namespace mlops::data
