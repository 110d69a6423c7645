#include "ci/protected.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "ci/gates/gates.h"

namespace mlops::ci {
namespace {

constexpr std::size_t k_named = 50;

bool is_allowed(const Branch& branch, const std::string& path) {
  return std::any_of(branch.allowed.begin(), branch.allowed.end(),
                     [&](const auto& allowed) { return fits(allowed, path); });
}

}  // namespace

void ask_protected(const Case& asked, Rows& rows) {
  const Branch& branch = *asked.branch;
  const auto edits = protected_edits(branch, asked.rules);
  for (std::size_t i = 0; i < edits.size() && i < k_named; ++i) {
    const bool allowed = is_allowed(branch, edits[i].path);
    Row row{"protected",
            fmt::format("{} as at the target", printable(edits[i].path)),
            Answer::fail,
            {},
            fmt::format("this branch edits it ({})", edits[i].why)};
    if (allowed && !branch.job.pull_request) row.answer = Answer::note;
    if (allowed)
      row.detail += branch.job.pull_request ? "; --allow does not count in a pull request's job" : "; allowed";
    rows.push_back(std::move(row));
  }
  if (edits.size() > k_named)
    rows.push_back({"protected", fmt::format("{} more files as at the target", edits.size() - k_named), Answer::fail});
}

}  // namespace mlops::ci
