// Work done by several threads that wait for a remote most of the time.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <vector>

#include "store/remote/remote.h"

namespace mlops::store {

// Calls work(i) for i in [0, count) on at most `jobs` threads. The first exception ends it and is thrown here; where
// `stop` is requested, Error(state) "interrupted".
void transfer_all(std::size_t count, unsigned jobs, const std::stop_token& stop,
                  const std::function<void(std::size_t)>& work);
// Calls work(i) for each of `items` that are to be read whole: small ones several at a time, others one after the
// other, so that what a remote may claim does not add up in memory.
void transfer_each(const Remote& remote, const std::vector<Remote::Item>& items,
                   const std::function<void(std::size_t)>& work);

}  // namespace mlops::store
