// Where DVC has the bytes of what it versions: its caches, and remotes that are directories of this machine.
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"

namespace mlops::data {

// A DVC repository's caches: its own, and those that .dvc/config, .dvc/config.local and the user's and the system's
// configuration name.
class DvcCache {
 public:
  // The repository around a .dvc file (relative to the work tree's root): the .dvc folder beside it or above, not above
  // the root. Throws Error(state) where there is none.
  DvcCache(const Repository& repository, const std::string& dvc_file);

  // DVC 3 (`hash: md5`) names files by their MD5, below files/md5. DVC 2 named texts by the MD5 that they would have
  // with line feeds only, in another place: there, one name may be another file's.
  enum class Naming { plain, line_feeds };
  // `suffix` is ".dir" for directories, `what` for messages. Throws Error(state) where it is nowhere.
  [[nodiscard]] fs::path find(const std::string& md5, const std::string& suffix, Naming naming,
                              const std::string& what) const;

 private:
  std::vector<fs::path> folders_;
};

// Throws Error(state) where the bytes have another MD5 under that naming; `file` is where they are, `what` what they
// should be.
void hold_against_md5(int fd, const fs::path& file, const std::string& md5, DvcCache::Naming naming,
                      const std::string& what);

}  // namespace mlops::data
