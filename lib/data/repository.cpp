#include "data/repository.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/shared_folder.h"
#include "base/text.h"
#include "code/git.h"
#include "code/index_names.h"
#include "data/beneath.h"
#include "data/git_exclude.h"
#include "data/linked_tree.h"
#include "data/memory.h"
#include "data/trust.h"

namespace mlops::data {
namespace {

// 0 where nothing is there. What can't be asked for may be: a disk with an error has not lost its repository.
mode_t mode_of(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) return info.st_mode;
  if (errno == ENOENT || errno == ENOTDIR) return 0;
  throw system_error("cannot look for \"" + printable(path.string()) + "\"", errno);
}

bool is_real_directory(const fs::path& path) { return S_ISDIR(mode_of(path)); }
bool is_file(const fs::path& path) { return S_ISREG(mode_of(path)); }

struct Found {
  fs::path root, own_state, state;
};

// A sparse checkout leaves the configuration out, and with it the remotes: a new one in its place would hide them for
// good. Likewise where nothing is checked out yet.
class Hidden {
 public:
  explicit Hidden(const fs::path& start) : index_(code::index_names(start)) {
    if (index_ && !index_->names.empty()) return;
    git_ = code::Git::discover(start);
    if (git_ && git_->head() && !index_) index_ = code::IndexNames{git_->work_tree(), {}};
  }

  void refuse(const fs::path& root) const {
    if (!index_ || is_file(root / ".mlops/config.yaml")) return;
    const std::string file = (root / ".mlops/config.yaml").lexically_relative(index_->work_tree).string();
    if (git_ ? git_->staged(file).has_value() : std::binary_search(index_->names.begin(), index_->names.end(), file))
      throw state_error("\"" + printable(file) + "\" is in git, but not in this work tree",
                        "git sparse-checkout add " + printable(fs::path(file).parent_path().string()) +
                            "   or, where it was deleted: git restore " + printable(file));
    if (git_ && git_->head() && git_->read("HEAD", file))
      throw state_error("\"" + printable(file) + "\" is in git, but nothing is checked out here", "git checkout");
  }

  // From `start` up to where git's work tree begins.
  void refuse_above(const fs::path& start) const {
    for (fs::path at = start; index_; at = at.parent_path()) {
      refuse(at);
      if (at == index_->work_tree || at == at.parent_path()) return;
    }
  }

 private:
  std::optional<code::IndexNames> index_;
  std::unique_ptr<code::Git> git_;  // where the index can't be read without, or is empty
};

void refuse_hidden(const fs::path& root) {
  if (!is_file(root / ".mlops/config.yaml")) Hidden(root).refuse(root);
}

void refuse_bare(const fs::path& root) {
  std::error_code ignored;
  const bool bare = is_file(root / "HEAD") && is_real_directory(root / "objects") && is_real_directory(root / "refs");
  if (bare)
    throw state_error("\"" + printable(root.string()) + "\" is a git repository without a work tree",
                      "git clone it, and mlops init there");
}

Found find(const fs::path& start) {
  std::error_code error;
  fs::path at = fs::canonical(start, error);
  if (error) throw input_error("there is no directory \"" + printable(start.string()) + "\"");
  const fs::path first = at;
  for (;; at = at.parent_path()) {
    const fs::path own = at / ".mlops";
    if (const fs::path main = state_of_main(at); !main.empty()) return {at, own, main};
    if (is_real_directory(own)) return {at, own, own};
    if (at == at.parent_path()) break;
  }
  refuse_bare(first);
  Hidden(first).refuse_above(first);
  throw state_error("there is no mlops repository in \"" + printable(first.string()) + "\" or above it",
                    "mlops init makes one");
}

// Closed to others in whatever folder it lies: only its owner opens it.
void make_state(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    throw system_error("cannot make \"" + printable(path.string()) + "\"", errno);
  if (!is_real_directory(path)) throw state_error("\"" + printable(path.string()) + "\" is no directory");
}

// True where the file was made.
bool write_unless_there(const fs::path& path, std::string_view text) {
  if (is_file(path)) return false;
  replace_file(path, text, 0644);
  return true;
}

// A clone has config.yaml and .gitignore only: the store is made on first use.
bool complete(const fs::path& state) {
  bool made = write_unless_there(
      state / ".gitignore", "# All but the configuration belongs to this machine.\n*\n!/config.yaml\n!/.gitignore\n");
  made = write_unless_there(state / "config.yaml", "# Settings of this repository.\n") || made;
  for (const char* name : {"tmp", "leases"}) make_private_directory(state / name);
  if (is_file(state / "store/format")) return made;
  store::Store::create(state / "store");
  return true;
}

// Of somebody else, who is trusted, but keeps it closed.
void refuse_private(const fs::path& state) {
  if (::access(state.c_str(), R_OK | X_OK) == 0 || errno != EACCES) return;
  throw outside_error("the store in \"" + printable(state.parent_path().string()) + "\" is open to its owner only",
                      "its owner may share it: chmod -R g+rwX .mlops; find .mlops -type d -exec chmod g+s {} +   or "
                      "git clone, and mlops pull from a remote");
}

}  // namespace

bool Repository::init(const fs::path& root) {
  const fs::path absolute = fs::canonical(root);
  refuse_bare(absolute);
  if (!state_of_main(absolute).empty()) return false;
  const fs::path state = absolute / ".mlops";
  const bool there = is_real_directory(state);
  if (there) refuse_private(state);
  refuse_hidden(absolute);
  make_state(state);
  check_owner(state, absolute, Config::load({}));
  refuse_private(state);
  return complete(state) || !there;
}

Repository::Repository() = default;
Repository::~Repository() = default;

std::unique_ptr<Repository> Repository::open(const fs::path& start) {
  const Found found = find(start);
  const Config personal = Config::load({});
  check_owner(found.root, found.root, personal);
  check_owner(found.state, found.state.parent_path(), personal);
  refuse_private(found.state);
  if (!is_file(found.state / "store/format")) {
    refuse_hidden(found.state.parent_path());
    try_to_exclude_from_git(found.state.parent_path());
    complete(found.state);
  }
  if (found.own_state != found.state) {
    make_state(found.own_state);
    refuse_second_store(found.own_state, found.state);
  }
  std::unique_ptr<Repository> repository(new Repository);
  repository->root_ = found.root;
  repository->state_ = found.state;
  repository->own_state_ = found.own_state;
  repository->memory_ =
      std::make_unique<Memory>(found.own_state / "stat", found.own_state / "bases", found.own_state / "worktree.lock");
  repository->config_ = Config::load(found.state);
  repository->store_ = store::Store::open(found.state / "store");
  return repository;
}

meta::Database& Repository::database() {
  std::call_once(database_once_, [&] { database_ = meta::Database::open(state_ / "meta.db", *store_); });
  return *database_;
}

std::string Repository::relative(const fs::path& typed) const {
  const std::string name = "\"" + printable(typed.string()) + "\"";
  fs::path absolute = (fs::current_path() / typed).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  fs::path below = absolute.lexically_relative(root_);
  if (below.empty() || *below.begin() == "..") {  // perhaps through a link to the work tree
    std::error_code ignored;
    below = (fs::weakly_canonical(absolute.parent_path(), ignored) / absolute.filename()).lexically_relative(root_);
  }
  if (typed.empty() || below.empty() || *below.begin() == "..")
    throw input_error(name + " is not in the work tree", "the work tree is " + printable(root_.string()));
  if (below == ".") return ".";
  for (const auto& part : below)
    if (!store::valid_name(part.string())) throw input_error(name + " belongs to git or mlops themselves");
  return below.string();
}

}  // namespace mlops::data
