// Candidate and champion about the same rows: a metric that the champion's run measured on last month's data says
// nothing about this month's.
#pragma once

#include <cstddef>
#include <string>

#include "ci/gate.h"

namespace mlops::ci {

struct Rematch {
  double candidate = 0, champion = 0;  // of the charter's primary metric
  std::size_t rows = 0;                // that were judged
  std::string table;                   // the path in the run
};

// Asks both models about the table that the charter's `champion.on` names, in the version that the candidate's run made
// or read; needs a charter with one, a champion and the candidate's run. Throws Error(input) or Error(state) where that
// can't be told: no such table in the run, a column is missing, a model does not load, the metric is none that we
// compute.
Rematch rematch(const Case& asked);

}  // namespace mlops::ci
