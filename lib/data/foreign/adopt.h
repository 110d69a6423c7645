// Versions that other tools keep, made versions of this store: DVC's caches and git-lfs objects. The others' hashes are
// labels to find files by; every byte is read and hashed anew.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.h"
#include "data/repository.h"
#include "data/worktree.h"

namespace mlops::code {
class Git;
}

namespace mlops::data {

// A file of a version, and where its bytes are.
struct ForeignFile {
  std::string path;  // below the version, checked; "" where the version is this one file
  fs::path source;
  bool executable = false;
  // Throws Error(state) where the bytes are not what the other tool says of them; null: it says nothing.
  std::function<void(int fd, const fs::path& file)> check = {};
};
struct ForeignVersion {
  std::string path;  // relative to the root of the work tree
  std::vector<ForeignFile> files;
  std::optional<std::uint64_t> size, count;   // what the other tool says of it
  std::string label;                          // what it calls it: "md5 …", "oid …"
  std::string named_in;                       // its own pointer file
  std::vector<std::string> left_behind = {};  // what that says besides and nobody takes over: "deps", "desc"
};

// The outputs of a .dvc file, found in a cache of its repository or in a remote of its configuration that is a
// directory of this machine (dvc_cache.h). Throws Error(input) with file and line,
// Error(state) where bytes are not here.
std::vector<ForeignVersion> read_dvc(const Repository& repository, const std::string& dvc_file);
// Is this file of the work tree a pointer of git-lfs?
bool is_lfs_pointer(const fs::path& file);
// The id of what it points to; nothing where it is none.
std::optional<Id> lfs_object(const fs::path& file);
// Where git-lfs has an object: below the git directory that all work trees share, or where lfs.storage of git's
// configuration says.
fs::path lfs_object_file(code::Git& git, const Id& object);
// What it points to, as git-lfs has it here. Throws Error(state) where it has not.
ForeignVersion read_lfs(const Repository& repository, const std::string& path);

struct Adopted {
  ForeignVersion from;
  ObjectRef object;
  bool changed = true;  // false: the pointer names this version already
};
// Puts the bytes into the store and writes pointers and .gitignore lines, all of them or none. Throws Error(state)
// where size or number of files is not what the other tool says, an lfs object is another one, or, unless `force`, a
// pointer names another version.
struct AdoptOptions {
  Progress* progress = nullptr;
  std::stop_token stop;
  bool force = false;
};
std::vector<Adopted> adopt(Repository& repository, std::vector<ForeignVersion> versions, const AdoptOptions& options);

}  // namespace mlops::data
