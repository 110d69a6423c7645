// Between paths in the work tree and versions in the store. Every write resolves one component at a time beneath the
// root and follows no link; names come from hostile trees (design: threats S1.1).
#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/time.h"
#include "data/repository.h"
#include "store/link.h"
#include "store/tree.h"

namespace mlops::data {

using store::ObjectRef;

// Hashes a file or a directory (as `data add` would; .mlopsignore and .dvcignore count) and, with `keep`, puts its
// bytes into the store. Unchanged files are taken from the stat cache. `path` is relative to the root. Throws
// Error(input) when there is no such path or something in it can't be versioned (FIFO, socket, link that leads out).
struct SnapshotOptions {
  bool keep = true;
  Progress* progress = nullptr;
  std::stop_token stop;
  std::optional<store::Link> link = {};  // how large files are taken in; nothing: as configured
  // FIFOs and links that lead out are no reason to fail: they are looked at, and left out of what is kept.
  bool lenient = false;
};
struct Snapshot {
  ObjectRef object;
  std::uint64_t new_bytes = 0;  // stored
  Micros took = 0;
};
Snapshot snapshot(Repository& repository, const std::string& path, const SnapshotOptions& options = {});
// How long many paths are read before what they bring is committed.
inline constexpr Micros k_together = 1'000'000;
// Of the first of `paths`, as many as a second is enough for and no path fails, one at least: they go into the store
// together, so that thousands of small files take as long as one directory with them.
std::vector<Snapshot> snapshots(Repository& repository, std::span<const std::string> paths,
                                const SnapshotOptions& options);

// Makes `path` equal to a version. What is there already and equal stays. Bytes that are in no version, or whose
// version is not wholly in the store, are never lost: such files that the version does not have stay where they are
// (`stays`); others are named by an Error(state), and nothing is touched. With `force` all of them are stored first and
// `saved` tells their id; `noted` names what can't be stored (a FIFO, a link that leads out: "d/hosts → /etc/hosts")
// and goes all the same. Throws Error(state) naming the files of the version that are not in the store, and nothing is
// touched; naming those whose bytes are damaged, once all the others are written.
struct RestoreOptions {
  bool force = false;
  Progress* progress = nullptr;
  std::stop_token stop;
  std::optional<store::Link> link = {};  // how large files are brought back; nothing: as configured
  // What the pointer of the versioned path named when `object` was chosen; nothing: what it names at the beginning.
  std::optional<ObjectRef> pointer = {};
};
struct Restored {
  std::uint64_t written = 0, removed = 0;  // files
  std::optional<ObjectRef> saved;
  std::vector<std::string> stays, noted;
};
Restored restore(Repository& repository, const ObjectRef& object, const std::string& path,
                 const RestoreOptions& options = {});

// Removes `path` itself, its pointer and its line in .gitignore; its versions stay in the store. As for restore, bytes
// that are in no version are kept, or with `force` stored first. `keep_files` leaves the files where they are.
Restored untrack(Repository& repository, const std::string& path, bool keep_files, const RestoreOptions& options = {});

// Replaces the outputs of a stage and the like: whatever is at `path` is known to be in the store or to be expendable.
void remove_path(Repository& repository, const std::string& path);

// The pointer file PATH.mlops. nullopt when there is none.
struct Pointer {
  ObjectRef object;
  std::string text;  // of the whole file, for keys that we do not know
};
std::optional<Pointer> read_pointer(const Repository& repository, const std::string& path);
Pointer parse_pointer(const std::string& text, const std::string& name);
// In the place of the pointer that was read before. Throws Error(state) where git or another process has put another
// one there since.
void write_pointer(const Repository& repository, const std::string& path, const ObjectRef& object,
                   const std::optional<Pointer>& before);
// All versioned paths of the work tree, sorted: every PATH with a PATH.mlops beside it.
std::vector<std::string> tracked_paths(const Repository& repository);
// All mlops.lock files of the work tree.
std::vector<std::string> lock_files(const Repository& repository);
// Adds a line to the .gitignore beside `path`, unless it is there.
void ignore_in_git(const Repository& repository, const std::string& path);
void ignore_in_git(const Repository& repository, const std::vector<std::string>& paths);
void unignore_in_git(const Repository& repository, const std::string& path);

}  // namespace mlops::data
