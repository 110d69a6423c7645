#include "code/module-git/commit_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

#include "base/file.h"
#include "base/temporary.h"
#include "base/text.h"
#include "code/module-git/own_lock.h"
#include "code/module-git/stage_file.h"

namespace mlops::code {
namespace {

std::string text_of(const git_config* config, const char* key) {
  git_buf value{};
  if (config == nullptr || git_config_get_string_buf(&value, config, key) < 0) return {};
  std::string out(value.ptr, value.size);
  git_buf_dispose(&value);
  return out;
}

// As git reads it: the environment's before the configuration's, whose personal file the environment may name, which
// libgit2 does not know. "" where nothing says it.
std::string identity(git_repository* repository, const char* variable, const char* key) {
  if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') return value;
  git_config *all = nullptr, *level = nullptr;
  if (git_repository_config(&all, repository) < 0) return {};
  const ConfigPtr owned(all);
  const char* personal = std::getenv("GIT_CONFIG_GLOBAL");
  if (personal == nullptr) return text_of(all, key);
  git_config_open_level(&level, all, GIT_CONFIG_LEVEL_LOCAL);
  const ConfigPtr local(level);
  if (std::string out = text_of(level, key); !out.empty()) return out;
  level = nullptr;
  if (*personal != '\0') git_config_open_ondisk(&level, personal);
  return text_of(ConfigPtr(level).get(), key);
}

SignaturePtr sign(git_repository* repository, const std::string& role, std::int64_t time) {
  const std::string name = identity(repository, ("GIT_" + role + "_NAME").c_str(), "user.name"),
                    mail = identity(repository, ("GIT_" + role + "_EMAIL").c_str(), "user.email");
  git_signature* out = nullptr;
  check(git_signature_new(&out, name.c_str(), mail.c_str(), time, 0), "your name can't stand in a commit");
  return SignaturePtr(out);
}

TreePtr with_file(git_repository* repository, const git_commit* parent, const Git::FileCommit& commit) {
  git_tree* raw = nullptr;
  if (parent != nullptr) check(git_commit_tree(&raw, parent), "the last commit can't be read");
  const TreePtr before(raw);
  git_tree_update update{};
  update.action = GIT_TREE_UPDATE_UPSERT;
  update.filemode = GIT_FILEMODE_BLOB;
  update.path = commit.path.c_str();
  check(git_blob_create_from_buffer(&update.id, repository, commit.bytes.data(), commit.bytes.size()),
        "a file can't be written");
  git_oid id{};
  check(git_tree_create_updated(&id, repository, before.get(), 1, &update), "a tree can't be written");
  git_tree* after = nullptr;
  check(git_tree_lookup(&after, repository, &id), "a tree can't be read");
  return TreePtr(after);
}

fs::path common_folder(git_repository* repository) { return git_repository_commondir(repository); }

// "refs/heads/main"; "" where HEAD is on no branch.
std::string branch_of(git_repository* repository) {
  git_reference* raw = nullptr;
  if (git_reference_lookup(&raw, repository, "HEAD") < 0) return {};
  const ReferencePtr head(raw);
  const char* target = git_reference_symbolic_target(raw);
  return target != nullptr ? target : "";
}

// "OLD NEW NAME <MAIL> TIME ZONE, tab, WHAT" at the end of a log of git's, unless the configuration says that there are
// none.
void log_move(const fs::path& log, git_repository* repository, const git_commit* to, const git_commit* from) {
  std::error_code ignored;
  int wanted = 1;
  git_config* raw = nullptr;
  if (git_repository_config(&raw, repository) == 0)
    git_config_get_bool(&wanted, ConfigPtr(raw).get(), "core.logAllRefUpdates");
  if (wanted == 0 && !fs::exists(log, ignored)) return;
  fs::create_directories(log.parent_path(), ignored);
  const git_signature* who = git_commit_committer(to);
  const std::string message = git_commit_message(to),
                    old = from != nullptr ? hex(*git_commit_id(from)) : std::string(GIT_OID_HEXSZ, '0');
  const Fd fd = open_file(log, O_WRONLY | O_CREAT | O_APPEND);
  write_all(fd.get(),
            fmt::format("{} {} {} <{}> {} +0000\tcommit: {}\n", old, hex(*git_commit_id(to)), who->name, who->email,
                        who->when.time, message.substr(0, message.find('\n'))),
            log);
}

class NextTip {
 public:
  NextTip(const fs::path& folder, const git_oid& id) : file_(folder / temporary_name()) {
    const Fd fd = open_file(file_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    write_all(fd.get(), hex(id) + "\n", file_);
    if (::fsync(fd.get()) != 0) throw system_error("cannot write \"" + printable(file_.string()) + "\"", errno);
  }
  ~NextTip() { ::unlink(file_.c_str()); }
  NextTip(const NextTip&) = delete;
  NextTip& operator=(const NextTip&) = delete;
  [[nodiscard]] const fs::path& file() const { return file_; }

 private:
  fs::path file_;
};

bool is_tip(git_repository* repository, const std::string& branch, const git_commit* commit) {
  git_oid id{};
  if (git_reference_name_to_id(&id, repository, branch.c_str()) < 0) return commit == nullptr;
  return commit != nullptr && git_oid_equal(&id, git_commit_id(commit)) == 1;
}

void move_branch(git_repository* repository, const git_oid& id, const git_commit* from) {
  git_commit* raw = nullptr;
  check(git_commit_lookup(&raw, repository, &id), "a commit can't be read");
  const CommitPtr to(raw);
  const std::string branch = branch_of(repository);
  const fs::path common = common_folder(repository);
  const NextTip next(common, id);
  replace_locked(next.file(), common / branch, [&] {
    if (!is_tip(repository, branch, from)) return false;
    log_move(common / "logs" / branch, repository, raw, from);
    log_move(fs::path(git_repository_path(repository)) / "logs/HEAD", repository, raw, from);
    return true;
  });
}

}  // namespace

std::optional<Git::Obstacle> obstacle_to_commits(git_repository* repository) {
  if (git_repository_state(repository) != GIT_REPOSITORY_STATE_NONE)
    return Git::Obstacle{"git is in the middle of a merge, rebase or the like", "git status says how to end it"};
  if (git_repository_head_detached(repository) == 1)
    return Git::Obstacle{"HEAD is on no branch, where commits get lost", "git switch -c NAME"};
  for (const auto& [variable, key] : {std::pair{"GIT_AUTHOR_NAME", "user.name"},
                                      {"GIT_COMMITTER_NAME", "user.name"},
                                      {"GIT_AUTHOR_EMAIL", "user.email"},
                                      {"GIT_COMMITTER_EMAIL", "user.email"}})
    if (identity(repository, variable, key).empty())
      return Git::Obstacle{std::string("git does not know your ") + key, std::string("git config ") + key + " …"};
  return std::nullopt;
}

std::string commit_file(git_repository* repository, const git_commit* parent, const Git::FileCommit& commit) {
  git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);  // what is said to be committed stays
  const TreePtr tree = with_file(repository, parent, commit);
  const SignaturePtr author = sign(repository, "AUTHOR", commit.authored),
                     committer = sign(repository, "COMMITTER", std::time(nullptr));
  const git_commit* parents[] = {parent};
  git_oid id{};
  check(git_commit_create(&id, repository, nullptr, author.get(), committer.get(), nullptr, commit.message.c_str(),
                          tree.get(), parent != nullptr ? 1 : 0, parents),
        "nothing can be committed");
  move_branch(repository, id, parent);
  return hex(id);
}

void release_dead_locks(git_repository* repository) {
  const fs::path common = common_folder(repository), index = index_file(repository);
  const std::vector<fs::path> files{common / branch_of(repository), index};
  release_locks(common, files);
  release_locks(index.parent_path(), files);  // in a linked work tree another one
}

}  // namespace mlops::code
