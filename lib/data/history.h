// The versions that a path had, by git's history.
#pragma once

#include <string>
#include <vector>

#include "data/worktree.h"

namespace mlops::data {

struct PastVersion {
  std::string commit, author, subject;
  Micros time = 0;                  // when it was authored: of a dated version its date
  std::optional<ObjectRef> object;  // nullopt: it was removed
};

// Newest first, from HEAD; nothing where there is no git repository. Throws Error(input) for a pointer that can't be
// read.
std::vector<PastVersion> history_of(const Repository& repository, const std::string& path);

}  // namespace mlops::data
