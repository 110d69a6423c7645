#include "data/ignore.h"

#include <algorithm>

#include "base/text.h"

namespace mlops::data {
namespace {

// The class that begins behind `[`: true where `c` is in it. `rest` gets what follows `]`, or nothing where there is none.
bool in_class(std::string_view pattern, char c, std::string_view& rest) {
  std::size_t i = 0;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (const std::size_t first = i; i < pattern.size() && (pattern[i] != ']' || i == first); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    const char low = pattern[i];
    char high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = pattern[i + 2];
      i += 2;
    }
    found = found || (static_cast<unsigned char>(low) <= static_cast<unsigned char>(c) &&
                      static_cast<unsigned char>(c) <= static_cast<unsigned char>(high));
  }
  rest = i < pattern.size() ? pattern.substr(i + 1) : std::string_view();
  return i < pattern.size() && found != negated && c != '/';
}

bool match_any_directories(std::string_view pattern, std::string_view text) {
  for (std::size_t at = 0; at != std::string_view::npos; at = text.find('/', at)) {
    if (at > 0 || text.starts_with('/')) ++at;
    if (matches_glob(pattern, text.substr(at))) return true;
  }
  return false;
}

bool match_star(std::string_view pattern, std::string_view text) {
  for (std::size_t i = 0;; ++i) {
    if (matches_glob(pattern, text.substr(i))) return true;
    if (i == text.size() || text[i] == '/') return false;
  }
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) {
  while (!pattern.empty()) {
    if (pattern == "**") return !text.empty();
    if (pattern.starts_with("**/")) return match_any_directories(pattern.substr(3), text);
    if (pattern.front() == '*') return match_star(pattern.substr(std::min(pattern.find_first_not_of('*'), pattern.size())), text);
    if (text.empty()) return false;
    std::string_view rest = pattern.substr(1);
    if (pattern.front() == '?') {
      if (text.front() == '/') return false;
    } else if (pattern.front() == '[') {
      if (!in_class(pattern.substr(1), text.front(), rest)) return false;
    } else {
      if (pattern.front() == '\\' && pattern.size() > 1) {
        pattern.remove_prefix(1);
        rest = pattern.substr(1);
      }
      if (pattern.front() != text.front()) return false;
    }
    pattern = rest;
    text.remove_prefix(1);
  }
  return text.empty();
}

IgnoreRules::IgnoreRules(std::string directory, std::string_view text, std::shared_ptr<const IgnoreRules> above)
    : directory_(std::move(directory)), above_(std::move(above)) {
  for (const auto& line : split(text, '\n')) add(line);
}

void IgnoreRules::add(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
  if (line.empty() || line.front() == '#') return;
  Pattern pattern;
  if (line.front() == '!') {
    pattern.negated = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    pattern.only_directories = true;
    line.remove_suffix(1);
  }
  pattern.anchored = line.find('/') != std::string_view::npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  pattern.text = line;
  if (!pattern.text.empty()) patterns_.push_back(std::move(pattern));
}

bool IgnoreRules::matches(const Pattern& pattern, std::string_view below, bool is_directory) const {
  if (pattern.only_directories && !is_directory) return false;
  if (pattern.anchored) return matches_glob(pattern.text, below);
  return matches_glob(pattern.text, below.substr(below.rfind('/') + 1));
}

bool IgnoreRules::ignores(std::string_view path, bool is_directory) const {
  const auto below = directory_.empty() ? path : path.substr(directory_.size() + 1);
  for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern)
    if (matches(*pattern, below, is_directory)) return !pattern->negated;
  return above_ != nullptr && above_->ignores(path, is_directory);
}

}  // namespace mlops::data
