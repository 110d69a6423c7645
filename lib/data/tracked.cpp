// Finds the pointers of a work tree.
#include "data/tracked.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "code/git.h"
#include "code/index_names.h"
#include "data/beneath.h"
#include "data/ignore.h"
#include "data/revision.h"
#include "data/worktree.h"

namespace mlops::data {
namespace {

using Rules = std::shared_ptr<const IgnoreRules>;
constexpr std::string_view k_suffix = ".mlops";

struct Listing {
  std::vector<std::string> directories;
  std::set<std::string> files;
  bool has_git = false;  // as a file or a directory
};

void add(Listing& out, int fd, const dirent& entry) {
  const std::string name = entry.d_name;
  unsigned char type = entry.d_type;
  struct stat info {};
  if (type == DT_UNKNOWN && ::fstatat(fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) type = IFTODT(info.st_mode);
  if (type == DT_DIR && store::valid_name(name)) out.directories.push_back(name);
  if (type == DT_REG) out.files.insert(name);
  out.has_git = out.has_git || name == ".git";
}

Listing list(Fd fd, const std::string& path) {
  Listing out;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
  if (!stream) throw system_error("cannot list \"" + printable(path) + "\"", errno);
  fd.release();
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) throw system_error("cannot list \"" + printable(path) + "\"", errno);
    if (entry == nullptr) return out;
    add(out, ::dirfd(stream.get()), *entry);
  }
}

bool is_regular(const fs::path& file) {
  struct stat info {};
  return ::lstat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

bool has_configuration(const fs::path& directory) { return is_regular(directory / ".mlops/config.yaml"); }

bool is_pointer(std::string_view name) { return name.size() > k_suffix.size() && name.ends_with(k_suffix); }

std::string without_suffix(const std::string& pointer) { return pointer.substr(0, pointer.size() - k_suffix.size()); }

enum class Ignored { skip, search };  // directories that git ignores

class Search {
 public:
  Search(const fs::path& root, Ignored how) : path_(root), root_(root), how_(how) {}

  void run() {
    visit("", nullptr, false);
    std::sort(found.paths.begin(), found.paths.end());
    std::sort(found.locks.begin(), found.locks.end());
  }

  TrackedFiles found;
  std::vector<std::string> skipped;  // directories

 private:
  void visit(const std::string& directory, const Rules& above, bool ignored) {
    Fd fd = open(directory, ignored);
    if (!fd) return;  // went away
    const Listing listing = list(std::move(fd), directory);
    if (!directory.empty() && (listing.has_git || has_configuration(path_ / directory))) {
      found.repositories.push_back(directory);
      return;
    }
    const Rules rules = ignored ? nullptr : rules_of(directory, listing, above);
    std::set<std::string> tracked;
    for (const auto& file : listing.files)
      if (is_pointer(file)) tracked.insert(without_suffix(file));
    if (listing.files.contains("mlops.lock")) found.locks.push_back(join_path(directory, "mlops.lock"));
    for (const auto& name : tracked) found.paths.push_back(join_path(directory, name));
    for (const auto& name : listing.directories)
      if (!tracked.contains(name)) enter(join_path(directory, name), rules, ignored);
  }

  void enter(const std::string& path, const Rules& rules, bool ignored) {
    ignored = ignored || (rules && rules->ignores(path, true));
    if (ignored && how_ == Ignored::skip)
      skipped.push_back(path);
    else
      visit(path, rules, ignored);
  }

  // What other users left in an ignored directory (a database's files, a container's) may be closed to us.
  Fd open(const std::string& directory, bool ignored) const {
    try {
      return root_.find_directory(directory);
    } catch (const Error&) {
      struct stat info {};
      if (ignored && ::lstat((path_ / directory).c_str(), &info) == 0 && info.st_uid != ::geteuid()) return {};
      throw;
    }
  }

  Rules rules_of(const std::string& directory, const Listing& listing, const Rules& above) const {
    if (!listing.files.contains(".gitignore")) return above;
    const auto text = root_.read(join_path(directory, ".gitignore"), 8 << 20);
    return text ? std::make_shared<const IgnoreRules>(directory, *text, above) : above;
  }

  fs::path path_;
  Beneath root_;
  Ignored how_;
};

bool lies_in_tracked(const fs::path& root, const std::string& path) {
  for (std::string above = split_path(path).first; !above.empty(); above = split_path(above).first)
    if (is_regular(root / (above + std::string(k_suffix)))) return true;
  return false;
}

struct StagedFiles {
  std::string prefix;  // how those of `root` begin
  std::vector<std::string> names;
};

// What git's index has, in `skipped` at least.
StagedFiles staged_files(const fs::path& root, const std::vector<std::string>& skipped) {
  if (auto quick = code::index_names(root)) {
    const auto below = root.lexically_relative(quick->work_tree);
    return {below.empty() || below == "." ? "" : below.string() + "/", std::move(quick->names)};
  }
  const auto git = code::Git::discover(root);
  if (!git) return {};
  const std::string prefix = git->prefix_of(root);
  std::vector<std::string> below;
  for (const auto& path : skipped) below.push_back(prefix + path);
  return {prefix, git->tracked_below(below)};
}

bool lies_in(const std::string& path, const std::set<std::string>& directories) {
  for (std::string above = split_path(path).first; !above.empty(); above = split_path(above).first)
    if (directories.contains(above)) return true;
  return false;
}

// Git's rules leave out directories whose pointers git has all the same, added by force or before there was the rule.
void add_staged(const fs::path& root, const std::vector<std::string>& skipped, TrackedFiles& found) {
  if (skipped.empty()) return;
  const StagedFiles staged = staged_files(root, skipped);
  const std::set<std::string> ignored(skipped.begin(), skipped.end());
  for (const auto& full : staged.names) {
    const std::string name = split_path(full).second;
    if ((!is_pointer(name) && name != "mlops.lock") || !full.starts_with(staged.prefix)) continue;
    const std::string file = full.substr(staged.prefix.size());
    if (!lies_in(file, ignored) || !is_regular(root / file)) continue;
    if (lies_in_tracked(root, file) || !repository_around(root, split_path(file).first).empty()) continue;
    if (is_pointer(name))
      found.paths.push_back(without_suffix(file));
    else
      found.locks.push_back(file);
  }
}

}  // namespace

TrackedFiles tracked_files(const Repository& repository) {
  Search search(repository.root(), Ignored::skip);
  search.run();
  add_staged(repository.root(), search.skipped, search.found);
  std::sort(search.found.paths.begin(), search.found.paths.end());
  search.found.paths.erase(std::unique(search.found.paths.begin(), search.found.paths.end()),
                           search.found.paths.end());  // a merge stages several
  return std::move(search.found);
}

std::vector<std::string> tracked_paths(const Repository& repository) { return tracked_files(repository).paths; }

std::vector<std::string> lock_files(const Repository& repository) { return tracked_files(repository).locks; }

TrackedFiles every_tracked_file(const fs::path& root) {
  Search search(root, Ignored::search);
  search.run();
  return std::move(search.found);
}

std::string repository_around(const fs::path& root, const std::string& path) {
  std::string at;
  if (path.empty() || path == ".") return "";
  for (const auto& part : split(path, '/')) {
    at = join_path(at, part);
    struct stat info {};
    if (::lstat((root / at).c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return "";
    if (::lstat((root / at / ".git").c_str(), &info) == 0 || has_configuration(root / at)) return at;
  }
  return "";
}

namespace {

bool is_known(const Repository& repository, const Beneath& root, const std::string& path) {
  return root.look(path).has_value() || root.look(path + ".mlops").has_value() ||
         tracked_above(repository, path).has_value();
}

// What is printed is relative to the root of the work tree, and may be typed below it where it means nothing else
// there. A pointer stands for its path.
std::string meant(const Repository& repository, const fs::path& typed) {
  std::string path = repository.relative(typed);
  const Beneath root(repository.root());
  const fs::path from_root = (repository.root() / typed).lexically_normal();
  if (path != "." && typed.is_relative() && !is_known(repository, root, path) &&
      from_root.lexically_relative(repository.root()).string().rfind("..", 0) != 0) {
    const std::string other = repository.relative(from_root);
    if (other != "." && is_known(repository, root, other)) path = other;
  }
  const auto info = path.ends_with(".mlops") && path != ".mlops" ? root.look(path) : std::nullopt;
  return info && S_ISREG(info->st_mode) ? path.substr(0, path.size() - 6) : path;
}

// A pointer's name stands for the path that it is beside, as a shell's `d/*` has it.
std::string pointed(const Repository& repository, const std::string& path) {
  constexpr std::string_view k_ending = ".mlops";
  const auto name = split_path(path).second;
  if (name.size() <= k_ending.size() || !name.ends_with(k_ending)) return path;
  const auto info = Beneath(repository.root()).look(path);
  return info && S_ISREG(info->st_mode) ? path.substr(0, path.size() - k_ending.size()) : path;
}

}  // namespace

std::string own_path(const Repository& repository, const fs::path& typed) {
  const std::string path = pointed(repository, meant(repository, typed));
  const std::string other = repository_around(repository.root(), path);
  if (other.empty()) return path;
  std::error_code ignored;
  const fs::path here = fs::current_path(ignored), way = (repository.root() / other).lexically_relative(here);
  const std::string go = way == "." ? "" : "cd " + printable(way.string()) + "   and ";
  const std::string then = has_configuration(repository.root() / other)
                               ? "go on there"
                               : "mlops init there, which gives it a store of its own";
  throw input_error("\"" + printable(path) + "\" " + (other == path ? "is" : "lies in \"" + printable(other) + "\",") +
                        " a repository of its own",
                    go + then + (other == path ? "; without its .git its files can be data here" : ""));
}

}  // namespace mlops::data
