// How many bytes versions take in the store, alone and together.
#pragma once

#include <string>
#include <vector>

#include "data/revision.h"

namespace mlops::data {

struct Usage {
  std::string name;
  ObjectRef object;
  // Of the store, after deduplication within the version and compression.
  std::uint64_t stored = 0;  // = unique + shared
  std::uint64_t unique = 0;  // what none of the other versions asked about needs
  std::uint64_t shared = 0;
  std::uint64_t absent = 0;  // objects that are not here
};
struct UsageReport {
  std::vector<Usage> versions;            // in the order asked
  std::uint64_t logical = 0, stored = 0;  // of all together; what several share counts once in `stored`
};
UsageReport usage(Repository& repository, const std::vector<Located>& versions);

// Every different version of every path that the work tree's pointers and git's history name, by path.
std::vector<Located> all_versions(Repository& repository);

}  // namespace mlops::data
