// A lease tells gc that somebody who saw the store at a certain time is still at work. It is a file under an
// open-file-description lock, so it dies with its process; gc removes the files of the dead.
#pragma once

#include <cstdint>
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
  // Its holder relies on nothing that this list of condemned objects names (Condemned::id).
  void knows(std::uint64_t list) const;

 private:
  fs::path file_;
  Fd fd_;
};

struct LiveLease {
  Micros began = 0;
  std::uint64_t list = 0;  // 0: its holder may rely on whatever is there
};
// The leases of dead processes are removed. Throws Error(outside) where they can't be listed: nobody can be told to be
// at work or not.
std::vector<LiveLease> live_leases(const Layout& layout);

}  // namespace mlops::store
