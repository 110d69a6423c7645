#include "base/pool.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <sched.h>

#include "base/error.h"

namespace mlops {
namespace {

thread_local bool t_inside = false;

// One parallel loop. Its threads live as long as the loop: starting them costs microseconds, and no idle thread is
// left.
class Loop {
 public:
  Loop(std::size_t count, const std::function<void(std::size_t)>& work, std::stop_token stop)
      : count_(count), work_(work), stop_(std::move(stop)) {}

  void run(std::size_t threads) {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < threads; ++i) helpers.emplace_back([this] { work(); });
    work();
    helpers.clear();
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void work() {
    const bool before = std::exchange(t_inside, true);
    for (std::size_t i = next_++; i < count_ && !failed_ && !stop_.stop_requested(); i = next_++) {
      try {
        work_(i);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
        failed_ = true;
      }
    }
    t_inside = before;
  }

  std::size_t count_;
  const std::function<void(std::size_t)>& work_;
  std::stop_token stop_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

std::size_t pool_size() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& work, const std::stop_token& stop) {
  const std::size_t threads = t_inside ? 1 : std::min(count, pool_size());
  Loop(count, work, stop).run(threads);
}

}  // namespace mlops
