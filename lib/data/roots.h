// What must stay: every version that something names. Pointers and mlops.lock files of all work trees that share the
// store; those in every commit that git can reach, in stashes, reflogs and the indexes; sealed records and events, and
// runs in progress.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "data/repository.h"

namespace mlops::data {

// `named_by` says who names the id, for people: "data (here)", "data in a git revision", "record 5e0b71d2a9c4".
struct Root {
  Id id;
  std::string path;  // the versioned path, "" where there is none
  std::string named_by;
};
// `damaged` true passes over what can't be read (records, git, another work tree), where false throws: what it names is
// unknown.
void for_each_root(Repository& repository, const std::function<void(const Root&)>& visit, bool damaged = false);

// Only those of the work tree: its pointers and the outputs in its mlops.lock files (whose `path` is set), and what
// else these files name (without a path). Only those of git: every pointer and lock file in its history, of this
// repository where git's holds several.
void for_each_work_tree_root(const Repository& repository, const std::function<void(const Root&)>& visit);
void for_each_git_root(const Repository& repository, const std::function<void(const Root&)>& visit);
// The same of the commits that `tips` reach and `known` do not (hashes).
struct CommitRange {
  std::vector<std::string> tips, known;
};
void for_each_git_root(const Repository& repository, const CommitRange& range,
                       const std::function<void(const Root&)>& visit);
// How many of git's pointers and lock files a partial clone has not fetched: for_each_git_root passes them over.
std::uint64_t count_unfetched(const Repository& repository);

// What gc keeps of git's history. Records and the work tree always keep theirs.
struct KeepRules {
  std::optional<Micros>
      newer;  // only what commits of that long ago or later name, and what refs, stashes and the index do; else all
  std::vector<std::string> revisions;  // and what these name
};
// The roots, sorted out by why they stay, for people: "the work tree", "git", "models", …. Throws Error(input) for a
// revision that is not there.
struct RootClass {
  std::string reason;
  std::function<void(const std::function<void(const Root&)>&)> for_each;
};
std::vector<RootClass> root_classes(Repository& repository, const KeepRules& rules);

// Whether it is a root only by the pointer of the versioned path `tracked` in this work tree, or by a link that stands
// there.
bool goes_with(const Root& root, const std::string& tracked);

// Every text of 64 lower-case hexadecimal digits, in whatever file format.
void for_each_id_in(std::string_view text, const std::function<void(const Id&)>& visit);

}  // namespace mlops::data
