#include "data/trust.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace mlops::data {
namespace {

bool lists(const std::vector<std::string>& trusted, const fs::path& root) {
  return std::any_of(trusted.begin(), trusted.end(), [&](const std::string& entry) {
    return entry == "*" ||
           (entry.starts_with('/') && (fs::path(entry) / "").lexically_normal() == (root / "").lexically_normal());
  });
}

}  // namespace

void check_owner(const fs::path& directory, const fs::path& root, const Config& personal) {
  struct stat info {};
  if (::lstat(directory.c_str(), &info) != 0)
    throw system_error("cannot look at \"" + printable(directory.string()) + "\"", errno);
  if (info.st_uid == ::geteuid()) return;
  const char* variable = std::getenv("MLOPS_TRUSTED");
  if (variable != nullptr && lists(split(variable, ':'), root)) return;
  if (lists(personal.trusted_list("trust.repositories"), root)) return;
  throw state_error(
      "the repository in \"" + printable(root.string()) + "\" belongs to another user",
      "if you trust its owner, add it to trust.repositories in " + (user_config_directory() / "config.yaml").string());
}

}  // namespace mlops::data
