#include "store/read_lease.h"

#include <fcntl.h>

#include <csignal>

namespace mlops::store {

ReadLease::ReadLease(int fd) : fd_(fd) {
  // The signal that somebody waits for the lease: one that is ignored unless asked for.
  ::fcntl(fd_, F_SETSIG, SIGURG);
  held_ = ::fcntl(fd_, F_SETLEASE, F_RDLCK) == 0;
}

ReadLease::~ReadLease() {
  if (held_) ::fcntl(fd_, F_SETLEASE, F_UNLCK);
}

}  // namespace mlops::store
