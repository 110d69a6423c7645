// Where long work says how far it is. Library code never prints: it reports here, and the application decides.
#pragma once

#include <cstdint>
#include <string_view>

namespace mlops {

// Thread-safe in every implementation. `total` 0 = not known yet.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void start(std::string_view what, std::uint64_t total) = 0;
  virtual void advance(std::uint64_t done) = 0;  // added to what was done before
  virtual void finish() = 0;
};

// Takes everything and shows nothing.
Progress& no_progress();

}  // namespace mlops
