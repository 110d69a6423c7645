// Bodies that may be larger than memory: from a threshold on they go into a file without a name, which vanishes with
// its last descriptor, also when the process is killed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/file.h"

namespace mlops::web {

struct SpooledBody {
  Fd file;
  std::uint64_t size = 0;
};

// A body that arrives piece by piece.
struct IncomingBody {
  static constexpr std::size_t k_threshold = 256 * 1024;
  std::string text;
  std::string spool;  // the directory for large bodies; "": all stays in `text`
  std::shared_ptr<SpooledBody> file{};

  // Throws Error(outside) where the file can't be written.
  void append(std::string_view piece);
};

}  // namespace mlops::web
