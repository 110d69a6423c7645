#include "base/folder.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"

namespace mlops {

bool is_there(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  throw system_error("cannot look for \"" + printable(path.string()) + "\"", errno);
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code problem;
  fs::directory_iterator at(folder, problem);
  if (problem == std::errc::no_such_file_or_directory) return out;
  for (; !problem && at != fs::directory_iterator(); at.increment(problem)) out.push_back(at->path());
  if (problem) throw system_error("cannot list \"" + printable(folder.string()) + "\"", problem.value());
  return out;
}

}  // namespace mlops
