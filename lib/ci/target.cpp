#include "ci/target.h"

#include <array>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace mlops::ci {
namespace {

struct System {
  const char *name, *mark, *target;  // a variable that every job has, and one that only pull requests have
};
constexpr std::array<System, 3> k_systems{{{"GitHub", "GITHUB_ACTIONS", "GITHUB_BASE_REF"},
                                           {"GitLab", "GITLAB_CI", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"},
                                           {"Jenkins", "JENKINS_URL", "CHANGE_TARGET"}}};
constexpr std::array<const char*, 5> k_defaults{"refs/remotes/origin/HEAD", "refs/remotes/origin/main",
                                                "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master"};

std::string without_refs(const std::string& ref) {
  for (const char* prefix : {"refs/remotes/", "refs/heads/"})
    if (ref.starts_with(prefix)) return ref.substr(std::string_view(prefix).size());
  return ref;
}

std::optional<Revision> look(code::Git& git, const data::Repository& repository, const std::string& ref) {
  auto commit = git.commit(ref);
  if (!commit) return std::nullopt;
  return Revision(git, repository, *std::move(commit), without_refs(ref));
}

Revision branch(code::Git& git, const data::Repository& repository, const std::string& name) {
  for (const char* prefix : {"refs/remotes/origin/", "refs/heads/"})
    if (auto found = look(git, repository, prefix + name)) return *std::move(found);
  throw state_error("the target branch \"" + printable(name) + "\" is not in this clone",
                    "git fetch origin, then again; --target names another revision");
}

}  // namespace

Job job_of(const std::function<std::string(const char*)>& variable) {
  for (const auto& system : k_systems) {
    if (variable(system.mark).empty()) continue;
    const std::string target = variable(system.target);
    return {system.name, !target.empty(), target};
  }
  return {};
}

Job this_job() {
  return job_of([](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  });
}

Revision find_target(code::Git& git, const data::Repository& repository, const Job& job, const std::string& typed) {
  if (!typed.empty()) {
    if (auto found = look(git, repository, typed)) return *std::move(found);
    return branch(git, repository, typed);
  }
  if (job.pull_request) return branch(git, repository, job.target_branch);
  for (const char* ref : k_defaults)
    if (auto found = look(git, repository, ref)) return *std::move(found);
  throw state_error("nobody knows the target: there is no branch main or master, here or at origin",
                    "--target REV names the branch whose rules count; git fetch origin brings it");
}

}  // namespace mlops::ci
