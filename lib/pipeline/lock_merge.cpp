#include "pipeline/lock_merge.h"

#include <set>

namespace mlops::pipeline {
namespace {

std::optional<LockedStage> find(const LockFile& lock, const std::string& name) {
  const auto found = lock.find(name);
  return found == lock.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

MergedLock merge_locks(const LockFile& base, const LockFile& ours, const LockFile& theirs) {
  std::set<std::string> names;
  for (const auto* lock : {&base, &ours, &theirs})
    for (const auto& [name, stage] : *lock) names.insert(name);
  MergedLock out;
  for (const auto& name : names) {
    const auto before = find(base, name), here = find(ours, name), there = find(theirs, name);
    if (here != there && before != here && before != there) {
      out.undecided.push_back(name);
    } else if (const auto& stage = before == here ? there : here) {
      out.lock[name] = *stage;
    }
  }
  return out;
}

}  // namespace mlops::pipeline
