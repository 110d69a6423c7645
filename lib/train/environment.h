// What a run ran on: host, system, processors, and the interpreter with its packages, found without starting anything.
#pragma once

#include "data/repository.h"
#include "pipeline/run.h"

namespace mlops::train {

// {"host", "system", "cpus", "memory", "mlops", "variables": {allow-listed}, "python": {"version", "packages", "lock":
// file id}}
Json environment(data::Repository& repository, const pipeline::Definition& definition);

// "name==version" lines of the packages installed beside an interpreter, sorted; empty when it is in no virtual
// environment.
std::string python_packages(const std::filesystem::path& interpreter);

}  // namespace mlops::train
