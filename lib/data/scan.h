// Walks a directory of the work tree: what is there that a version would hold, with the ids that the stat cache knows.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "data/beneath.h"
#include "data/ignore.h"
#include "data/stat_cache.h"

namespace mlops::data {

struct ScanEntry {
  std::string name;
  store::Mode mode = store::Mode::file;
  FileStat stat;           // of files
  Id id;                   // of files and links, and of directories once tree_ids() has run; valid where `known`
  std::uint64_t size = 0;  // of directories: all bytes below
  std::uint64_t files = 1;
  std::size_t directory = 0;  // of directories: its position
  bool known = false;
  bool settled = false;  // may go into the stat cache
  bool adopted = false;  // became a pack of the store while it was read: another ctime
  bool packed = false;   // stands here as a symbolic link to a pack of the store (links.h)
  bool odd = false;  // no file, directory or link, but a FIFO, a socket or a device: known, with an id that nothing has
};

struct ScanDirectory {
  std::string path;                // relative to the root of the work tree
  std::vector<ScanEntry> entries;  // sorted by name
  std::size_t cached = 0;          // records that the stat cache has of it
};

struct Scan {
  std::string path;
  std::vector<ScanDirectory> directories;  // [0] is `path`; every directory before those below it
  Micros started = 0;
  // Nothing, or where the directory is.
  [[nodiscard]] const ScanEntry* find(std::size_t directory, const std::string& name) const;
};

// `path` is a directory. Left out: what ignore files name, .git and .mlops, what a killed process left half written.
// Throws Error(input) naming what can't be versioned: FIFOs, sockets, devices (but where odd ones are `welcome`, to be
// looked at and not to be versioned), names that fold to .git or .mlops.
enum class OddFiles { refused, welcome };
Scan scan_directory(const Beneath& root, const std::string& path, const StatCache& cache,
                    const std::stop_token& stop = {}, OddFiles odd = OddFiles::refused);

// The rules that hold in a directory, from `names` (".mlopsignore") in it and above it up to the root.
std::shared_ptr<const IgnoreRules> ignore_rules(const Beneath& root, const std::string& directory,
                                                const std::vector<std::string>& names);
inline const std::vector<std::string>& ignore_files() {
  static const std::vector<std::string> k_names{".dvcignore", ".mlopsignore"};
  return k_names;
}

// The files and links whose id is not known: positions of directory and entry, in the order of the walk.
std::vector<std::pair<std::size_t, std::size_t>> unknown_files(const Scan& scan);

}  // namespace mlops::data
