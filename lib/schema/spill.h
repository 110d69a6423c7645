// Records of one width that may be more than memory holds: kept in memory up to a limit, beyond it in files by the
// highest bits of their first word, so that what belongs together comes back together.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "base/file.h"

namespace mlops::schema {

// A file that is gone when it is closed, whatever happens. Throws Error(outside).
Fd nameless_file(const fs::path& folder);

class Spill {
 public:
  static constexpr std::size_t k_parts = 256;
  // Above `memory` bytes the records go to files without a name in `folder`.
  Spill(std::size_t width, std::size_t memory, fs::path folder)
      : width_(width), limit_(memory / sizeof(std::uint64_t)), folder_(std::move(folder)) {}

  // Room for one more record, to be filled before the next call.
  std::uint64_t* add();
  // Called before records go to files: makes fewer of them, if it can.
  std::function<void(std::vector<std::uint64_t>&)> shrink;

  [[nodiscard]] bool spilled() const { return !files_.empty(); }
  void spill();
  // Everything (part 0) where nothing was spilled; else one part, after spill().
  std::vector<std::uint64_t> take(std::size_t part);

 private:
  std::size_t width_, limit_;
  fs::path folder_;
  std::vector<std::uint64_t> words_;
  std::vector<Fd> files_;
};

}  // namespace mlops::schema
