#include "store/remote/transfers.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "store/remote/tries.h"

namespace mlops::store {
namespace {

constexpr unsigned k_small_jobs = 8;
constexpr std::uint64_t k_small_item = 8 << 20;

}  // namespace

void transfer_all(std::size_t count, unsigned jobs, const std::stop_token& stop,
                  const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr problem;
  const auto run = [&] {
    for (std::size_t i = next++; i < count && !stop.stop_requested(); i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!problem) problem = std::current_exception();
        next = count;
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min<std::size_t>(std::max(jobs, 1U), count); ++i) threads.emplace_back(run);
    run();
  }
  if (problem) std::rethrow_exception(problem);
  if (stop.stop_requested() && count > 0) throw interrupted();
}

void transfer_each(const Remote& remote, const std::vector<Remote::Item>& items,
                   const std::function<void(std::size_t)>& work) {
  std::vector<std::size_t> small, large;
  for (std::size_t i = 0; i < items.size(); ++i) (items[i].size <= k_small_item ? small : large).push_back(i);
  transfer_all(small.size(), std::min(k_small_jobs, remote.most_jobs()), {}, [&](std::size_t i) { work(small[i]); });
  for (const auto i : large) work(i);
}

}  // namespace mlops::store
