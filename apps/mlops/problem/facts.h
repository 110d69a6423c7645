// What a charter is held against: looked up in the work tree, the pipeline, the runs and the registry.
#pragma once

#include "problem/check.h"
#include "problem/template.h"

namespace mlops {

problem::Facts gather_facts(data::Repository& repository, const problem::Charter& charter);

// What `problem init` fills in: tracked paths, and the metrics and gates of mlops.yaml.
problem::Known gather_known(data::Repository& repository);

}  // namespace mlops
