// Removes what nothing refers to: first condemned in a list, later deleted, when a grace period is over and nobody is
// at work who saw the store before the list. Safe beside writers and readers at any instruction.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "base/time.h"
#include "store/store.h"

namespace mlops::store {

// Calls its argument with every id that must stay, of whatever kind. Called after the leases have been looked at, and
// perhaps again. Ids that are not in the store are no error: not everything need be here.
using Roots = std::function<void(const std::function<void(const Id&)>&)>;

// Roots and why they stay, for people: "git history".
struct Reason {
  std::string text;
  Roots roots;
};

struct GcOptions {
  Micros grace = Micros{14} * 24 * 3600 * 1'000'000;  // 0: what is unneeded goes at once, if nobody else is at work
  bool dry_run = false;
  Progress* progress = nullptr;
  std::stop_token stop;
};

struct GcReport {
  struct Amount {
    std::uint64_t objects = 0, bytes = 0;  // bytes as stored
  };
  Amount live, condemned, deleted;                      // condemned: unneeded, still there
  std::vector<std::pair<std::string, Amount>> kept_by;  // of live: the first reason that reaches an object has it
  Micros next_expiry = 0;  // when the first of `condemned` may be deleted; 0 where there is none
  std::uint64_t packs_removed = 0, packs_written = 0, files_swept = 0;
  std::uint64_t bytes_before = 0, bytes_after = 0;  // of all packs
};

// Throws Error(state) where a tree or recipe that is needed is damaged: then nothing is deleted, because what it needs
// can't be told; and where another gc is at work.
GcReport collect_garbage(Store& store, const std::vector<Reason>& reasons, const GcOptions& options = {});
GcReport collect_garbage(Store& store, const Roots& roots, const GcOptions& options = {});

}  // namespace mlops::store
