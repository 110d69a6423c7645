// The process's one pool of threads. Work is cancelled by std::stop_token, which Ctrl-C and request deadlines both set.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

namespace mlops {

// Threads the pool has, at least 1: the processors this process may use.
std::size_t pool_size();

// Calls work(i) for every i in [0, count) on the pool and the calling thread; returns when all are done. The first
// exception stops what has not started and is thrown here. A call from inside the pool runs on the calling thread.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& work, const std::stop_token& stop = {});

}  // namespace mlops
