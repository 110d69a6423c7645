// From the files of views into the online store, a piece at a time, with a watermark that is written with the rows.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.h"
#include "feature/online_store.h"
#include "feature/registry.h"

namespace mlops::feature {

struct MaterializeOptions {
  std::optional<Micros> from;  // inclusive; unset: from the watermark on, or everything
  std::optional<Micros> to;    // inclusive; unset: now
  bool all_times = false;      // rows whatever their event time, also later ones; the watermark stays
  Progress* progress = nullptr;
  std::stop_token stop{};
};

struct Materialized {
  std::string view;
  std::optional<Micros> from;  // unset: from the beginning
  Micros to = 0;
  std::uint64_t rows = 0;     // that the view's source has in this time
  std::uint64_t written = 0;  // entity keys whose newest row changed, counted piece by piece
  std::optional<Micros> watermark;
};

// One view. Rows with from ≤ event time ≤ to; an older row never replaces a newer one, so that running it again, or
// after it was killed, ends in the same store: it goes on behind the piece that was written last. Throws Error(input)
// for a source that does not fit the definition any more, Error(outside) when the disk fails.
Materialized materialize(OnlineStore& store, const std::filesystem::path& root, const View& view,
                         const MaterializeOptions& options);

// Up to which event time a view has been materialized; unset: never, or from another source.
std::optional<Micros> watermark(OnlineStore& store, const View& view);

}  // namespace mlops::feature
