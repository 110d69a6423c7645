// Where a path may become a versioned one: its pointer reaches commits, it is no file of git's or a pointer's name, and
// it belongs to one version only.
#pragma once

#include <set>
#include <string>

#include "data/git_rules.h"
#include "data/repository.h"

namespace mlops::data {

class Places {
 public:
  explicit Places(const Repository& repository);

  // Throws Error(input) for what can't be versioned at all, Error(state) where `path` and another versioned path, or
  // one that was claimed before, lie in each other, or where another repository begins. That it is versioned itself
  // is fine. `elsewhere` is the hint where another place helps.
  void claim(const std::string& path, const std::string& elsewhere);
  // No longer stands in the way.
  void release(const std::string& path) { taken_.erase(path); }

 private:
  void refuse_name(const std::string& path, const std::string& elsewhere) const;
  void refuse_overlap(const std::string& path, const std::string& elsewhere) const;

  const Repository& repository_;
  GitRules rules_;
  std::set<std::string> taken_;
};

}  // namespace mlops::data
