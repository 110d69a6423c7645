// A plain directory of dated versions ("raw/2024-01-05/", "sales_20240112.csv") made the history of one versioned path:
// one git commit a date, oldest first, so that each version is a root and the dates are git's own. What was committed
// once is recognised by its message: the same call goes on where it was killed, and takes dates that came later.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.h"
#include "data/foreign/dated_source.h"
#include "data/repository.h"
#include "data/worktree.h"

namespace mlops::data {

struct DatedVersion {
  DatedSource source;
  bool directory = false;
  std::uint64_t size = 0, files = 1;
  std::string commit;               // that has it; "" = not yet
  std::optional<ObjectRef> object;  // nullopt: not read yet
};

struct DatedPlan {
  std::string path;                    // versioned, relative to the root
  std::vector<DatedVersion> versions;  // oldest first
  // The newest version; nullopt where none is committed yet.
  std::optional<ObjectRef> newest;
  std::size_t committed = 0;  // dates of the path that git has
};

// Looks only. `named`: one directory of dated files or directories, or these themselves; names that begin with a dot
// are passed over. Throws Error(input) for names without one date, of two series or kinds, for dates that are the same
// or one in the other, and for what can't be versioned; Error(state) where git can't take commits, where the path or
// its pointer has changes of its own, and where a version that is committed already has other files now or a new one is
// older than it.
DatedPlan plan_dated(Repository& repository, const std::vector<std::string>& named, const std::string& path);

// Commits the versions of the plan that are not committed yet, tells each once it is durable, and brings the newest
// into the work tree. Sources are only read, and never become links of the store.
struct DatedOptions {
  Progress* progress = nullptr;
  std::stop_token stop;
  std::function<void(const DatedVersion&)> done;
};
void adopt_dated(Repository& repository, DatedPlan& plan, const DatedOptions& options);

// How the line in a commit's message begins that tells of which path it is a version; the date follows.
std::string dated_line(const std::string& path);

}  // namespace mlops::data
