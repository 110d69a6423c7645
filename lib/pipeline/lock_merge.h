// Three versions of mlops.lock become one, stage by stage.
#pragma once

#include <string>
#include <vector>

#include "pipeline/lock_file.h"

namespace mlops::pipeline {

// What only one side changed is taken from it. Of a stage that both changed differently nothing is left: each side says
// truly what came of its own inputs, but of the merged ones nobody knows until the stage runs again (or the run cache
// has it).
struct MergedLock {
  LockFile lock;
  std::vector<std::string> undecided;  // such stages, sorted
};
MergedLock merge_locks(const LockFile& base, const LockFile& ours, const LockFile& theirs);

}  // namespace mlops::pipeline
