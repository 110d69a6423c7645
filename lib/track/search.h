// Searches on the command line: the server's language over all runs, without a server.
#pragma once

#include <string>
#include <vector>

#include "data/repository.h"
#include "meta/tracking.h"

namespace mlops::track {

struct SearchOptions {
  std::string filter;
  std::vector<std::string> experiments, order_by;  // none: all experiments; the newest first
  std::size_t limit = 1000;
  bool deleted = false;  // those instead of the others
};

struct FoundRun {
  meta::RunView view;
  std::string experiment;
};

// Throw Error(input): a filter or order that can't be read, no such experiment (with the nearest name).
std::vector<FoundRun> search_runs(data::Repository& repository, const SearchOptions& options);
std::size_t count_runs(data::Repository& repository, const SearchOptions& options);

// "metrics.auc", "params.lr", "tags.x" or an attribute, as text; "" where the run has none. Throws Error(input) for
// what is no key of a run.
std::string field_text(const FoundRun& run, const std::string& field);

}  // namespace mlops::track
