// Makes versions of paths for `data add`: files and directories of their own many at a time, so that thousands of them
// take as long as one directory with them; paths in a versioned directory one by one.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "data/git_rules.h"
#include "data/memory.h"
#include "data/standing.h"
#include "data/worktree.h"
#include "output.h"

namespace mlops {

struct Added {
  std::string path;
  data::Snapshot snapshot;
  bool changed = false, first = false;
  std::string tracked;             // the versioned directory that it lies in, or ""
  store::ObjectRef directory;      // its version
  std::optional<data::Step> step;  // from the version before, of a directory
};

class Adding {
 public:
  struct How {
    store::Link link;
    bool force = false;
    bool pass_over = false;  // a path that is refused is warned of, and the others are added
  };
  Adding(data::Repository& repository, Output& out, How how);

  // `path` is relative to the root. It may wait for finish(), or for the next that must come after it.
  void add(const std::string& path);
  // "data/" may be versioned or lie in what is.
  void add_into(const std::string& directory, const std::vector<std::string>& files);
  void finish();

  // In the order in which they were asked for.
  [[nodiscard]] const std::vector<Added>& all() const { return all_; }
  [[nodiscard]] std::optional<int> passed_over() const { return passed_over_; }  // exit code
  [[nodiscard]] Json json() const;

 private:
  struct Waiting {
    std::string path, tracked;  // the versioned directory that it lies in, or ""
    std::optional<data::Pointer> before;
  };
  void attempt(const std::string& path, const std::function<void()>& work);
  void begin(const std::string& path);
  void wait(Waiting waiting);
  void refuse_inside(const std::string& tracked, const std::string& path);
  std::size_t take_some(std::span<const Waiting> waiting);
  std::size_t take_some_inside(std::span<const Waiting> waiting);
  Added made(const Waiting& waiting, const data::Snapshot& snapshot);
  void done(Added added);

  data::Repository& repository_;
  Output& out_;
  How how_;
  data::SnapshotOptions taking_;
  data::GitRules rules_;
  data::Memory::Batch batch_;
  std::vector<Waiting> waiting_;
  std::set<std::string> waiting_paths_;
  std::vector<Added> all_;
  std::optional<int> passed_over_;
};

}  // namespace mlops
