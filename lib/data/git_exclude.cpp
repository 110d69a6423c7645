#include "data/git_exclude.h"

#include <sys/stat.h>

#include <string_view>

#include "code/git.h"
#include "data/beneath.h"

namespace mlops::data {
namespace {

// A directory as a part of a pattern; for a newline, which can't stand there, any one character.
std::string literal(const std::string& directory) {
  std::string out;
  for (const char c : directory) {
    if (std::string_view("\\*?[").find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c == '\n' ? '?' : c);
  }
  return out;
}

// .mlops/.gitignore, where there is one, has the last word: it says the same.
std::string lines_for(const std::string& prefix) {
  const std::string state = "/" + literal(prefix) + ".mlops/";
  return "# Written by mlops: its store stays out of git on every branch.\n" + state + "*\n!" + state +
         "config.yaml\n!" + state + ".gitignore\n";
}

bool is_link(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
}

}  // namespace

void exclude_from_git(const fs::path& root) {
  const auto git = code::Git::discover(root);
  if (!git) return;
  const std::string prefix = git->prefix_of(root);
  if (!prefix.empty() && git->is_ignored(prefix.substr(0, prefix.size() - 1))) return;
  const fs::path common = git->common_directory();
  if (is_link(common / "info") || is_link(common / "info/exclude")) return;
  const Beneath files(common);
  const std::string before = files.read("info/exclude", 8 << 20).value_or(""), lines = lines_for(prefix);
  if (before.find(lines) != std::string::npos) return;
  files.replace("info/exclude", before + (before.empty() || before.back() == '\n' ? "" : "\n") + lines);
}

void try_to_exclude_from_git(const fs::path& root) {
  try {
    exclude_from_git(root);
  } catch (const Error&) {
  }
}

}  // namespace mlops::data
