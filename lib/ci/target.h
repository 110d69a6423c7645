// Against what a branch is judged: the commit whose rules count (threats S2.4).
#pragma once

#include <functional>
#include <string>

#include "ci/revision.h"

namespace mlops::ci {

// What the variables of a CI system say about the job.
struct Job {
  std::string system;         // "GitHub", "GitLab", "Jenkins"; "" = none
  bool pull_request = false;  // its code is somebody's proposal
  std::string target_branch;  // of the pull request
};
// `variable` gives "" for one that is not set.
Job job_of(const std::function<std::string(const char*)>& variable);
// Of this process.
Job this_job();

// `typed` (--target), else the pull request's target, else the remote's default branch, main or master. A branch is
// looked for at the remote first. Throws Error(state), hint: git fetch, where it is not in this clone.
Revision find_target(code::Git& git, const data::Repository& repository, const Job& job, const std::string& typed);

}  // namespace mlops::ci
