// One file from a web server or a bucket into an open file, in pieces, so that memory stays bounded. A server is not
// trusted: lengths are bounded before anything is read, a file that changes meanwhile is refused, and no redirect leads
// to another server (threats S2.3).
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "base/progress.h"

namespace mlops::exchange {

struct DownloadOptions {
  std::uint64_t limit = std::uint64_t{1} << 40;  // bytes of the file
  std::string etag;                              // of the state that is known; the same again is not fetched
  Progress* progress = nullptr;
  std::stop_token stop;
};

struct Downloaded {
  std::string etag;
  bool unchanged = false;  // it is in the known state; nothing was written
};

// Throws Error(input) where there is no such file or it is too large, Error(outside) for what the server does wrong.
Downloaded download(const std::string& url, int fd, const DownloadOptions& options);

}  // namespace mlops::exchange
