// What a command opens: the work tree, its store, its database and its configuration. Modules below take the parts.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "base/config.h"
#include "meta/database.h"
#include "store/store.h"

namespace mlops::data {

namespace fs = std::filesystem;

class Memory;

class Repository {
 public:
  // Makes .mlops/ in `root` (0700), with its store, config.yaml and .gitignore. Again on an existing one: does nothing.
  // True when something was made.
  static bool init(const fs::path& root);
  // Finds .mlops/ in `start` or a directory above it; a linked git worktree uses the main one's. Throws Error(state)
  // when there is none (hint: mlops init), or when it belongs to another user and is not trusted.
  static std::unique_ptr<Repository> open(const fs::path& start = ".");
  ~Repository();

  [[nodiscard]] const fs::path& root() const { return root_; }    // absolute, the work tree
  [[nodiscard]] const fs::path& state() const { return state_; }  // absolute, .mlops
  // The stat cache of this work tree (a linked git worktree has its own).
  [[nodiscard]] fs::path stat_cache_file() const { return own_state_ / "stat"; }
  // Where writers of pointers, .gitignore and the like wait for each other.
  [[nodiscard]] fs::path lock_file() const { return own_state_ / "worktree.lock"; }
  // Its stat cache and the like, read once.
  [[nodiscard]] Memory& memory() const { return *memory_; }
  [[nodiscard]] store::Store& store() { return *store_; }
  [[nodiscard]] const Config& config() const { return config_; }
  // Opened on first use, by whichever thread comes first; rebuilt from the store when it is missing or malformed.
  [[nodiscard]] meta::Database& database();
  // A path that the user typed (relative to the current directory) relative to the root, normal, with `/`.
  // Throws Error(input) when it leads out of the work tree or into .mlops or .git.
  [[nodiscard]] std::string relative(const fs::path& typed) const;

 private:
  Repository();
  fs::path root_, state_, own_state_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Memory> memory_;
  std::once_flag database_once_;
  std::unique_ptr<meta::Database> database_;
  Config config_;
};

}  // namespace mlops::data
