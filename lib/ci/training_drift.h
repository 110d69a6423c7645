// The candidate's training data against the champion's, table by table.
#pragma once

#include <string>
#include <vector>

#include "ci/gate.h"

namespace mlops::ci {

struct TableDrift {
  std::string path;
  bool same = false;                    // one version: nothing to compare
  bool drifted = false;                 // by the charter's share of columns (0.5)
  std::size_t columns = 0, tested = 0;  // drifted ones, and those with a verdict
  std::string words;                    // "2 of 14 features drift; most: tenure, plan"
  std::string problem;                  // why it could not be told

  [[nodiscard]] double share() const {
    return tested == 0 ? 0 : static_cast<double>(columns) / static_cast<double>(tested);
  }
};

// Of tables that both read under the same path; at most 20. None without a champion or a run.
std::vector<TableDrift> training_drift(const Case& asked);

}  // namespace mlops::ci
