#include "ci/protected.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace mlops::ci {
namespace {

struct Pattern {
  std::string_view pattern, why;
  bool of_git;  // relative to git's root, else to that of mlops
};
constexpr std::array<Pattern, 10> k_protected{{
    {"problem.yaml", "thresholds", false},
    {".mlops/config.yaml", "remotes and protected paths", false},
    {".github/workflows", "what CI runs", true},
    {".github/actions", "what CI runs", true},
    {".gitlab-ci.yml", "what CI runs", true},
    {".gitlab", "what CI runs", true},
    {"Jenkinsfile", "what CI runs", true},
    {"schemas", "what data has to look like", false},
    {"expectations", "what data has to look like", false},
    {".mlopsignore", "what belongs to a version of data", false},
}};

// Where the last `*` stood, and what it has taken so far: only that one is ever tried again, so it takes no longer than
// the lengths multiplied.
bool fits_from(std::string_view pattern, std::string_view text) {
  std::size_t at = 0, in = 0, star = std::string_view::npos, taken = 0;
  for (;;) {
    if (in == pattern.size() && (at == text.size() || text[at] == '/')) return true;
    if (in < pattern.size() && pattern[in] == '*') {
      star = in++;
      taken = at;
    } else if (in < pattern.size() && at < text.size() && pattern[in] == text[at]) {
      ++in;
      ++at;
    } else if (star != std::string_view::npos && taken < text.size() && text[taken] != '/') {
      in = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
}

std::string why_protected(const std::string& git_path, const Branch& branch, const Rules& rules) {
  const auto below = branch.head.below_root(git_path);
  for (const auto& one : k_protected)
    if (one.of_git ? fits(one.pattern, git_path) : below && fits(one.pattern, *below)) return std::string(one.why);
  for (const auto& pattern : rules.protected_paths)
    if (below && fits(pattern, *below)) return "ci.protected names it";
  return {};
}

bool equal(const std::vector<pipeline::Gate>& a, const std::vector<pipeline::Gate>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.metric == y.metric && x.kind == y.kind && x.limit == y.limit && x.higher_is_better == y.higher_is_better;
  });
}

// The stages of mlops.yaml are the branch's own business, its gates are not.
bool gates_edited(const Branch& branch) {
  const bool edited = branch.edits(branch.head.in_git("mlops.yaml")) || branch.edits(branch.head.in_git("params.yaml"));
  if (!edited) return false;
  const auto now = branch.head.definition(), then = branch.target.definition();
  return then && !equal(then->gates, now ? now->gates : std::vector<pipeline::Gate>{});
}

}  // namespace

bool fits(std::string_view pattern, std::string_view path) {
  while (pattern.ends_with('/')) pattern.remove_suffix(1);
  return !pattern.empty() && fits_from(pattern, path);
}

std::vector<ProtectedEdit> protected_edits(const Branch& branch, const Rules& rules) {
  std::vector<ProtectedEdit> out;
  if (branch.is_target()) return out;
  const std::string charter = branch.head.in_git(problem::k_charter_file);
  for (const auto& change : branch.edited) {
    if (change.path == charter && !branch.target.read(problem::k_charter_file)) continue;  // the rules' own note tells
    if (const std::string why = why_protected(change.path, branch, rules); !why.empty())
      out.push_back({change.path, why});
  }
  if (gates_edited(branch)) out.push_back({branch.head.in_git("mlops.yaml"), "its gates"});
  return out;
}

}  // namespace mlops::ci
