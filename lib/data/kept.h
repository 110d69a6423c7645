// Whether bytes that are about to leave the work tree stay somewhere: in a version that something names, wholly in the
// store. Bytes that only stand in the store are no version: gc may be about to delete them.
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"

namespace mlops::data {

struct Leaving {
  std::string path;  // relative to the root of the work tree
  Id id;
  bool odd = false;  // it has no bytes that could be kept
};

// For each of them, whether its bytes would be lost. Asks the versions of the path; then, unless they are `enough` (to
// store a file once more costs little), everything that is named.
enum class Asked { everything, versions_of_path };
// `going`: a versioned path whose pointer here goes with them, and keeps nothing.
std::vector<bool> would_be_lost(Repository& repository, const std::vector<Leaving>& leaving,
                                Asked enough = Asked::everything, const std::string& going = "");

// While one lives, what was looked up for one path serves for the next: thousands of paths are not thousands of walks
// through git's history. For a command on many paths that changes none of what names versions.
class KeptScope {
 public:
  explicit KeptScope(Repository& repository);
  ~KeptScope();
  KeptScope(const KeptScope&) = delete;
  KeptScope& operator=(const KeptScope&) = delete;

 private:
  Repository& repository_;
};

// Whether bytes of the version that the pointer of `tracked` names, of `path` in it, are in nothing else that is named:
// they are lost with that pointer, whether or not the files are here. What is not in the store can't be.
bool lost_with_pointer(Repository& repository, const std::string& tracked, const std::string& path);

}  // namespace mlops::data
