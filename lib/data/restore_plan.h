// What must happen to make a path equal to a version, found out before anything is touched.
#pragma once

#include <map>

#include "data/beneath.h"
#include "data/kept.h"
#include "data/stat_cache.h"
#include "data/worktree.h"

namespace mlops::data {

struct PlannedFile {
  std::string directory, name;
  store::Mode mode = store::Mode::file;
  Id id;
  std::uint64_t size = 0;
  std::size_t depth = 0;  // of its directory below the restored path, for links
};

struct RestorePlan {
  std::string path;
  std::vector<std::string> remove_files, remove_directories;  // directories before those below them
  std::vector<std::string> make_directories;                  // likewise
  std::vector<std::string> folding_directories;               // hold names that differ in letter case only
  std::vector<PlannedFile> files, links;
  std::vector<PlannedFile> modes;          // right bytes, wrong executable bit
  std::map<std::string, FileStat> before;  // how files that go or are written over looked
  std::uint64_t removed = 0;               // files that go and do not come back
  std::vector<std::string> unsaved;        // what would go and whose bytes would be lost (kept.h), sorted
  bool addable = true;                     // all of these are files, which `data add` takes one by one
  std::vector<std::string> stays;          // of these what the version does not have, and what is not touched therefore
  StatCache::Update unchanged;             // what the stat cache should know of files that stay
  [[nodiscard]] bool empty() const {
    return remove_files.empty() && remove_directories.empty() && make_directories.empty() && files.empty() &&
           links.empty() && modes.empty();
  }
};

// Throws Error(state) where trees or files of the version are not in the store, Error(input) where a hostile one is.
// With options.force nothing stays.
RestorePlan plan_restore(Repository& repository, const Beneath& root, const ObjectRef& object, const std::string& path,
                         const RestoreOptions& options);
// Away with `path`; what ignore files name stays. `unsaved` as above.
RestorePlan plan_clear(Repository& repository, const Beneath& root, const std::string& path,
                       const RestoreOptions& options);
// Everything at `path`, also what ignore files name.
RestorePlan plan_removal(const Beneath& root, const std::string& path);

}  // namespace mlops::data
