// Ignore files with gitignore's syntax (https://git-scm.com/docs/gitignore, "pattern format"). Rules of a directory
// hold for everything below it; the last pattern that matches decides, rules of deeper directories before those above.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mlops::data {

class IgnoreRules {
 public:
  // `directory` relative to the root, "" the root itself. `above` may be null.
  IgnoreRules(std::string directory, std::string_view text, std::shared_ptr<const IgnoreRules> above);
  // Is the path (relative to the root, in or below the directory) left out? Its parent directories are not asked about.
  [[nodiscard]] bool ignores(std::string_view path, bool is_directory) const;

 private:
  struct Pattern {
    std::string text;
    bool negated = false, only_directories = false, anchored = false;
  };
  void add(std::string_view line);
  [[nodiscard]] bool matches(const Pattern& pattern, std::string_view below, bool is_directory) const;
  std::string directory_;
  std::vector<Pattern> patterns_;
  std::shared_ptr<const IgnoreRules> above_;
};

// `*`, `?` and `[…]` match no `/`; `**` between slashes matches any number of directories.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace mlops::data
