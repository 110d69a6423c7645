// The seam of the run-time module "git": libgit2 brings a dozen shared libraries, which only commands that look at git
// load.
#pragma once

#include <memory>

#include "code/git.h"

namespace mlops::code {

class GitLibrary {
 public:
  virtual ~GitLibrary() = default;
  virtual std::unique_ptr<Git> discover(const fs::path& start) = 0;
};

}  // namespace mlops::code
