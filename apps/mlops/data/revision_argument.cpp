#include "data/revision_argument.h"

#include "data/revision.h"

namespace mlops {

std::string take_revision(const data::Repository& repository, std::vector<std::string>& names) {
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (data::is_path_here(*name) || !data::is_revision(repository, *name)) continue;
    const std::string revision = *name;
    names.erase(name);
    return revision;
  }
  return {};
}

}  // namespace mlops
