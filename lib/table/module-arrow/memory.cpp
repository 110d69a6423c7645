#include "memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

namespace mlops::table {

namespace {
constexpr std::int64_t k_little = 16 << 20, k_most_reserve = 256 << 20, k_worth_it = 256 << 20;
}  // namespace

LimitedPool::LimitedPool(std::uint64_t limit)
    : under_(arrow::system_memory_pool()),
      limit_(static_cast<std::int64_t>(std::min<std::uint64_t>(limit, INT64_MAX))),
      reserve_size_(std::min(limit_ / 8, k_most_reserve)) {
  std::uint8_t* reserve = nullptr;  // never touched: it takes addresses, not memory
  if (limit_ >= k_worth_it && under_->Allocate(reserve_size_, 64, &reserve).ok()) reserve_ = reserve;
}

LimitedPool::~LimitedPool() { free_reserve(); }

bool LimitedPool::free_reserve() {
  std::uint8_t* reserve = reserve_.exchange(nullptr);
  if (reserve != nullptr) under_->Free(reserve, reserve_size_, 64);
  return reserve != nullptr;
}

arrow::Status LimitedPool::count(std::int64_t bytes, bool is_little) {
  const std::int64_t limit = is_little ? limit_ + limit_ / 8 : limit_;
  if (exhausted_ && !is_little) return arrow::Status::OutOfMemory("the limit of ", limit_, " bytes is reached");
  if (bytes > limit || used_.fetch_add(bytes) + bytes > limit) {
    if (bytes <= limit) used_ -= bytes;
    return arrow::Status::OutOfMemory("the limit of ", limit_, " bytes is reached");
  }
  if (used_ > limit_) exhausted_ = true;
  return arrow::Status::OK();
}

arrow::Status LimitedPool::Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) {
  if (size < 0) return arrow::Status::Invalid("a negative size");
  ARROW_RETURN_NOT_OK(count(size, size <= k_little));
  auto status = under_->Allocate(size, alignment, out);
  if (!status.ok()) exhausted_ = true;
  if (!status.ok() && size <= k_little && free_reserve()) status = under_->Allocate(size, alignment, out);
  if (!status.ok()) used_ -= size;
  return status;
}

arrow::Status LimitedPool::Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                                      std::uint8_t** ptr) {
  if (new_size < 0) return arrow::Status::Invalid("a negative size");
  if (new_size > old_size) ARROW_RETURN_NOT_OK(count(new_size - old_size, new_size <= k_little));
  auto status = under_->Reallocate(old_size, new_size, alignment, ptr);
  if (!status.ok()) exhausted_ = true;
  if (!status.ok() && new_size <= k_little && free_reserve())
    status = under_->Reallocate(old_size, new_size, alignment, ptr);
  // To shrink takes a new block for a while; where the system has none, the old one serves as well.
  if (!status.ok() && new_size < old_size && new_size > 0) status = arrow::Status::OK();
  if (status.ok() == (new_size < old_size)) used_ -= std::abs(new_size - old_size);
  return status;
}

void LimitedPool::Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) {
  under_->Free(buffer, size, alignment);
  used_ -= size;
}

std::shared_ptr<LimitedPool> make_pool(std::uint64_t limit) {
  struct Kept {
    std::shared_ptr<LimitedPool> pool;
    std::chrono::steady_clock::time_point last_used;  // when it was last seen in use
  };
  static std::mutex mutex;
  static auto& kept = *new std::vector<Kept>;  // outlives every thread: never destroyed
  const std::lock_guard lock(mutex);
  const auto now = std::chrono::steady_clock::now();
  for (auto& one : kept)
    if (one.pool.use_count() > 1 || one.pool->bytes_allocated() != 0) one.last_used = now;
  std::erase_if(kept, [&](const Kept& one) { return now - one.last_used > std::chrono::minutes(1); });
  return kept.emplace_back(Kept{std::make_shared<LimitedPool>(limit), now}).pool;
}

std::uint64_t default_memory_limit() {
  std::uint64_t least =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream in(file);
    std::uint64_t limit = 0;
    if (in >> limit && limit > 0) least = std::min(least, limit);
  }
  rlimit space{};
  if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
    least = std::min<std::uint64_t>(least, space.rlim_cur);
  return least / 4 * 3;
}

}  // namespace mlops::table
