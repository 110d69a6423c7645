// Removes from a remote what nothing refers to, in two steps that need two calls: packs mostly unneeded are condemned
// in a list (condemned_packs.h), and deleted by a later call when the grace period is over. Safe beside pushers,
// readers and other gcs at any instruction, for any grace period, where those who write keep this order:
//   a gc:     lists of condemned packs, then what others say they need, then the packs that are there; copies of what
//   is needed
//             out of packs that go, then the list that condemns them, then deletion of what the lists read first
//             condemned
//   a pusher: packs, then lists; uploads; then says what it needs; then the lists again, and uploads what they newly
//   condemn.
// So a gc that does not see what a pusher says took its lists before that was said: the pusher sees those lists, and
// relies on none of the packs in them. Of two gcs the one that took its lists later knows what the other may delete.
#pragma once

#include <functional>

#include "store/remote/catalogue.h"
#include "store/remote/listing.h"
#include "store/remote/push.h"

namespace mlops::store {

struct RemoteGcOptions {
  Micros grace = 0;
  bool dry_run = false;
  std::size_t own =
      0;  // so many of the reasons, the first ones, are of this clone; where they need nothing there, it is refused
  TransferOptions transfer;
};

struct RemoteGcReport {
  GcReport::Amount live;       // needed
  GcReport::Amount spread;     // unneeded, but in packs that are mostly needed: it stays
  GcReport::Amount condemned;  // unneeded, in condemned packs that are still there
  GcReport::Amount deleted;    // unneeded, in packs whose grace period is over
  std::vector<std::pair<std::string, GcReport::Amount>>
      kept_by;             // of live: the first reason that reaches an object has it
  Micros next_expiry = 0;  // when the first condemned pack may be deleted; 0 where there is none
  std::uint64_t packs = 0, packs_condemned = 0, packs_deleted = 0, packs_written = 0;  // there; newly condemned; …
  std::uint64_t unfinished =
      0;  // what cut pushes left: packs without an index that are condemned or deleted, and files that were swept
  std::uint64_t bytes_before = 0, bytes_after = 0;  // of all packs and indexes
};

// `catalogue` was loaded with lists taken before the reasons' roots were; reasons are asked once. Throws Error(state)
// where something that is needed is damaged or its needs can't be told: then nothing is changed.
RemoteGcReport collect_remote(Store& store, ListingRemote& remote, const Catalogue& catalogue,
                              const std::vector<Reason>& reasons, const RemoteGcOptions& options);

}  // namespace mlops::store
