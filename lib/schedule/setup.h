// Adding and removing schedules: a sealed definition, and from where on it looks.
#pragma once

#include "schedule/definition.h"

namespace mlops::schedule {

// Throws Error(usage or input) for what can't be a schedule: no trigger, no command, a cron expression that never
// comes, an unknown zone, a path that is not versioned.
void check(data::Repository& repository, const Definition& definition);
// Checks and seals it; it looks from now on. A schedule of that name is replaced, and nothing is back-filled.
Definition add(data::Repository& repository, Definition definition);
// Throws Error(input) with the nearest name.
void remove(data::Repository& repository, const std::string& name);

}  // namespace mlops::schedule
