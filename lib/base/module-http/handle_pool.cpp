#include "base/module-http/handle_pool.h"

namespace mlops {
namespace {

constexpr std::size_t k_most_idle = 64;

}  // namespace

Handle HandlePool::take() {
  static const CURLcode k_started = curl_global_init(CURL_GLOBAL_DEFAULT);
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Handle handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  return {k_started == CURLE_OK ? curl_easy_init() : nullptr, curl_easy_cleanup};
}

void HandlePool::give(Handle handle) {
  curl_easy_reset(handle.get());
  const std::lock_guard lock(mutex_);
  if (idle_.size() < k_most_idle) idle_.push_back(std::move(handle));
}

HandlePool& handle_pool() {
  static HandlePool* const k_pool = std::make_unique<HandlePool>().release();
  return *k_pool;
}

}  // namespace mlops
