// Whole new directories are filled in .mlops/tmp under their files' own names and then moved in at once: a file then
// costs one name instead of a temporary one that is renamed, and nobody sees a directory half full. What a kill leaves,
// gc sweeps.
#pragma once

#include <map>
#include <optional>

#include "base/temporary.h"
#include "data/restore_plan.h"

namespace mlops::data {

class Staging {
 public:
  // Takes the plan's new directories if it pays and if they would be the same as if they were made in their place: the
  // same mount, no inherited group or ACL, and not more than a kill may cost.
  Staging(Repository& repository, const Beneath& root, const RestorePlan& plan);

  // Whether files of this directory are written under their own names.
  [[nodiscard]] bool has(const std::string& directory) const { return top_of(directory) != nullptr; }
  // Where the files of a directory are written, staged or not. Made where it is missing.
  [[nodiscard]] Fd directory(const std::string& path) const;
  // Moves what was taken into its place. Throws Error(state) where something else is there by now.
  void place();

 private:
  using Top = std::pair<const std::string, std::string>;  // path → name in the staging directory
  [[nodiscard]] const Top* top_of(const std::string& directory) const;

  const Beneath& root_;
  std::optional<TemporaryFolder> folder_;
  std::optional<Beneath> staged_;
  std::map<std::string, std::string> tops_;
};

}  // namespace mlops::data
