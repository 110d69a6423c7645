// One commit of the project, seen from the repository's root: what a gate reads, instead of the work tree.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "code/git.h"
#include "data/repository.h"
#include "pipeline/definition.h"

namespace mlops::ci {

class Revision {
 public:
  // `git` and `repository` must outlive it. `name` is how people call it ("origin/main").
  Revision(code::Git& git, const data::Repository& repository, code::Commit commit, std::string name);

  [[nodiscard]] code::Git& git() const { return git_; }
  [[nodiscard]] const code::Commit& commit() const { return commit_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  // "origin/main 1a2b3c4".
  [[nodiscard]] std::string label() const;

  // A file below the root of mlops. Throws Error(input) for one of more than 16 MiB.
  [[nodiscard]] std::optional<std::string> read(const std::string& path) const;
  // Of git's own root (workflows stand there).
  [[nodiscard]] std::string in_git(const std::string& path) const { return prefix_ + path; }
  // A path of git as one below the root of mlops; nullopt: it lies outside.
  [[nodiscard]] std::optional<std::string> below_root(const std::string& git_path) const;
  // Every path of the commit, relative to the root of mlops; files outside are left out.
  [[nodiscard]] std::set<std::string> paths() const;
  // mlops.yaml with the parameters of the same commit; nullopt: there is none. Throws Error(input) naming file and
  // line.
  [[nodiscard]] std::optional<pipeline::Definition> definition() const;

 private:
  code::Git& git_;
  code::Commit commit_;
  std::string name_, prefix_;
};

// Throws Error(state) where the project is in no git repository, or has no commit yet.
Revision head_of(code::Git& git, const data::Repository& repository);
std::unique_ptr<code::Git> need_git(const data::Repository& repository);

}  // namespace mlops::ci
