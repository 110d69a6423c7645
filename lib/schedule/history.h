// The jobs that were: those in meta.db, and, where that was rebuilt or has let them go, their sealed records.
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"
#include "meta/jobs.h"

namespace mlops::schedule {

// Newest first; `name` and `status` "" = all, `limit` 0 = all. Throws Error(usage) for an unknown status.
std::vector<meta::Job> history(data::Repository& repository, const std::string& name, const std::string& status,
                               std::size_t limit);
// By four or more digits of its id. Throws Error(input): none, or several.
meta::Job find_job(data::Repository& repository, const std::string& id);

}  // namespace mlops::schedule
