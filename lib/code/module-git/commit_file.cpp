#include "code/module-git/commit_file.h"

#include <cstdlib>
#include <ctime>

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
  const int code = git_commit_create(&id, repository, "HEAD", author.get(), committer.get(), nullptr,
                                     commit.message.c_str(), tree.get(), parent != nullptr ? 1 : 0, parents);
  if (code == GIT_EMODIFIED || code == GIT_ELOCKED)
    throw state_error("git's branch was moved by somebody else meanwhile", "the same command goes on from there");
  check(code, "nothing can be committed");
  return hex(id);
}

void stage_file(git_repository* repository, const std::string& path) {
  git_index* raw = nullptr;
  check(git_repository_index(&raw, repository), "the index can't be read");
  const IndexPtr index(raw);
  check(git_index_read(raw, 1), "the index can't be read");
  check(git_index_add_bypath(raw, path.c_str()), "the index can't be changed");
  check(git_index_write(raw), "the index can't be written");
}

}  // namespace mlops::code
