#include "schedule/history.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace mlops::schedule {
namespace {

using meta::Job;

const std::vector<std::string> k_statuses{"finished", "failed", "timed-out", "interrupted", "killed",
                                          "skipped",  "merged", "removed",   "waiting",     "running"};

Job job_of(const meta::Entry& entry) {
  Job out{text_or(entry.body, "job"), entry.key, text_or(entry.body, "cause"), "sealed", entry.time, entry.body};
  out.body["record"] = entry.id.hex();
  if (const auto started = parse_time(text_or(entry.body, "started"))) out.created = *started;
  return out;
}

std::vector<Job> all_jobs(data::Repository& repository, const std::string& name) {
  auto out = meta::Jobs(repository.database()).history(name, 0);
  std::set<std::string> known;
  for (const auto& job : out) known.insert(job.id);
  for (const auto& entry : repository.database().list({"job", name, 0, true}))
    if (known.insert(text_or(entry.body, "job")).second) out.push_back(job_of(entry));
  std::stable_sort(out.begin(), out.end(), [](const Job& a, const Job& b) { return a.created > b.created; });
  return out;
}

bool has_status(const Job& job, const std::string& status) {
  return job.state == "waiting" || job.state == "running" ? job.state == status : text_or(job.body, "status") == status;
}

}  // namespace

std::vector<Job> history(data::Repository& repository, const std::string& name, const std::string& status,
                         std::size_t limit) {
  if (!status.empty() && std::find(k_statuses.begin(), k_statuses.end(), status) == k_statuses.end()) {
    const std::string near = nearest(status, k_statuses);
    throw usage_error("no job has the status \"" + printable(status) + "\"",
                      near.empty() ? join(k_statuses, ", ") : "did you mean \"" + near + "\"?");
  }
  auto out = all_jobs(repository, name);
  if (!status.empty()) std::erase_if(out, [&](const Job& job) { return !has_status(job, status); });
  if (limit > 0 && out.size() > limit) out.resize(limit);
  return out;
}

Job find_job(data::Repository& repository, const std::string& id) {
  std::vector<Job> found;
  if (id.size() >= 4)
    for (auto& job : all_jobs(repository, ""))
      if (job.id.starts_with(id)) found.push_back(std::move(job));
  if (found.empty())
    throw input_error("there is no job \"" + printable(id) + "\"",
                      "mlops schedule history shows them; 4 digits or more");
  if (found.size() > 1)
    throw input_error("\"" + printable(id) + "\" begins the ids of several jobs",
                      found[0].id + ", " + found[1].id + ", …");
  return found.front();
}

}  // namespace mlops::schedule
