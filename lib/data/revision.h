// What a person names: a path in the work tree's pointers, REV:PATH in those of a git revision, or a prefix of an id.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/worktree.h"

namespace mlops::data {

struct Located {
  ObjectRef object;
  store::Mode mode = store::Mode::file;
  std::string path;  // relative to the root; "" for a prefix of an id
  std::string name;  // as messages call it
};

// Throws Error(input) where there is no such version, or several ids begin with the digits.
Located locate(Repository& repository, const std::string& name);

// The versioned path that `path` is or lies in, or nothing; and the versioned paths that lie in `path` ("." = all).
std::optional<std::string> tracked_above(const Repository& repository, const std::string& path);
std::vector<std::string> tracked_below(const std::vector<std::string>& tracked, const std::string& path);

// The versioned paths that a command was given: those that lie in what was typed, or all. Throws Error(input) naming
// what is not versioned.
std::vector<std::string> select_tracked(const Repository& repository, const std::vector<std::string>& typed);

// The same of the paths that a revision has.
std::vector<std::string> select_in(const Repository& repository, const std::string& revision,
                                   const std::map<std::string, ObjectRef>& pointers,
                                   const std::vector<std::string>& typed);

// "HEAD~1" and the like: true where it is a revision of the project's git repository.
bool is_revision(const Repository& repository, const std::string& text);
// Whether a word as typed here is a path: something stands there, or a pointer beside it. Then it is nothing else.
bool is_path_here(const std::string& typed);
// Every pointer of a revision, by versioned path. Throws Error(input) where there is no such revision.
std::map<std::string, ObjectRef> pointers_of(const Repository& repository, const std::string& revision);
// The same without what a partial clone has not fetched.
std::map<std::string, ObjectRef> fetched_pointers_of(const Repository& repository, const std::string& revision);
std::map<std::string, ObjectRef> pointers_here(const Repository& repository);
// The same but for those that can't be read, as after a merge with conflicts: `broken` says why.
std::map<std::string, ObjectRef> pointers_here(const Repository& repository, std::map<std::string, Error>& broken);

// An object of the store that `name` is: digits of an id, or ID:PATH, what is at the path in it. nullopt where it is
// none, or where a path of that name is here.
std::optional<Located> locate_object(Repository& repository, const std::string& name);

// What stands at `inside` ("a/b", "" = itself) in a version. nullopt: nothing does. Throws Error(state), with this
// hint, where a tree on the way is not in the store.
std::optional<store::TreeEntry> descend(const store::Store& store, const ObjectRef& object, const std::string& inside,
                                        const std::string& hint);
std::optional<store::TreeEntry> descend(const store::Store& store, const ObjectRef& object, const std::string& inside);

// For what was typed and is no versioned path: says what it may have been meant to be.
Error not_versioned(const Repository& repository, const std::string& typed);

}  // namespace mlops::data
