#include "data/revision_argument.h"

#include "data/revision.h"

namespace mlops {

namespace fs = std::filesystem;

std::string take_revision(const data::Repository& repository, std::vector<std::string>& names) {
  for (auto name = names.begin(); name != names.end(); ++name) {
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(*name, ignored)) || fs::exists(*name + ".mlops", ignored) ||
        !data::is_revision(repository, *name))
      continue;
    const std::string revision = *name;
    names.erase(name);
    return revision;
  }
  return {};
}

}  // namespace mlops
