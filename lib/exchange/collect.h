// gc of a remote: what anybody may still need stays.
#pragma once

#include <optional>

#include "data/repository.h"
#include "data/roots.h"
#include "exchange/remotes.h"
#include "store/remote/gc_remote.h"

namespace mlops::exchange {

struct CollectOptions {
  store::RemoteGcOptions gc;
  // How long versions of pushes count that this clone's git can't judge: of commits that are not here, and uncommitted
  // ones. Nothing: for good.
  std::optional<Micros> unknown_pushes;
};
struct Collected {
  store::RemoteGcReport report;
  std::uint64_t pushes = 0,
                unknown_pushes = 0;  // that say what they need; of these, that keep something git here can't judge
  std::uint64_t silent_clones = 0;   // others that have pushed records and never said what they need
};

// What stays: what is needed here (data::root_classes), every record of the journals with what it names, what young
// pushes of anybody name, and older ones whose commits are not here. Throws Error(state) where the remote can only be
// read, and where git's history is cut here (shallow or partial clones): what is needed can't be told then.
Collected collect(data::Repository& repository, const NamedRemote& remote, const data::KeepRules& rules,
                  const CollectOptions& options);

}  // namespace mlops::exchange
