// What the store has lost and the work tree still has.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.h"
#include "data/repository.h"
#include "store/object_key.h"

namespace mlops::data {

struct Healed {
  std::uint64_t objects = 0, bytes = 0;  // written anew, bytes as stored
};
// Reads the files of versioned paths, those alone of which something is lost where the stat cache knows them, and
// writes what is among `lost` anew. A path that can't be read or versioned now is passed over.
Healed heal_from_work_tree(Repository& repository, const std::vector<store::Key>& lost, Progress* progress,
                           const std::stop_token& stop);

// Versions that the store has lost wholly or in part, though the files of the work tree are exactly these: of pointers
// and of outputs of stages.
struct Intact {
  std::string path;
  Id version;
};
std::vector<Intact> intact_in_work_tree(Repository& repository, Progress* progress, const std::stop_token& stop);
// Stores them again.
Healed store_again(Repository& repository, const std::vector<Intact>& versions, Progress* progress,
                   const std::stop_token& stop);

}  // namespace mlops::data
