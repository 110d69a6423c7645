// Offline pushes that clones share: what came in at one machine is sealed as records, travels as every record does, and
// is part of the training sets of all.
#pragma once

#include <cstddef>
#include <memory>

#include "data/repository.h"
#include "feature/online_store.h"

namespace mlops::feature {

// Seals what offline pushes have brought here since the last time, as `pushes` records (share/doc/records.md). Returns
// how many; none where there is no online store. One process at a time; killed at any moment, nothing is sealed twice.
std::size_t seal_pushes(data::Repository& repository);

// The online store of the repository, with the pushes in it that other clones have sealed: each record is taken over
// once. `make`: also where nothing was written yet; else nullptr there.
std::unique_ptr<OnlineStore> open_shared(data::Repository& repository, bool make);

}  // namespace mlops::feature
