// A lease tells gc that somebody who saw the store at a certain time is still at work. It is a file under an
// open-file-description lock, so it dies with its process; gc removes the files of the dead.
#pragma once

#include <filesystem>
#include <vector>

#include "base/file.h"
#include "base/time.h"
#include "store/layout.h"

namespace mlops::store {

class Lease {
 public:
  explicit Lease(const Layout& layout);
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

 private:
  fs::path file_;
  Fd fd_;
};

// When each live lease began; the leases of dead processes are removed.
std::vector<Micros> live_leases(const Layout& layout);

}  // namespace mlops::store
