// mlops.lock: what every stage was when it last ended well; the shape of dvc.lock with `hash: sha256`.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "store/store.h"

namespace mlops::pipeline {

using store::ObjectRef;

struct LockedStage {
  std::vector<std::string> commands;
  std::string wdir;
  std::map<std::string, ObjectRef> deps, outs;  // by path relative to the root
  Json params = Json::object();                 // {file: {key: value}}
  bool operator==(const LockedStage&) const = default;
};

using LockFile = std::map<std::string, LockedStage>;  // by stage name

// Empty where there is none. Throws Error(input) with the line where it can't be read.
LockFile read_lock(const std::filesystem::path& root);
LockFile parse_lock(const std::string& text, const std::string& name);
std::string lock_text(const LockFile& lock);
// Re-reads the file, replaces the given stages, keeps the others, renames; under a lock in `leases`.
void update_lock(const std::filesystem::path& root, const std::filesystem::path& leases, const LockFile& changed);

}  // namespace mlops::pipeline
