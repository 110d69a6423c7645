#include "memory.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/interprocess/indexes/iset_index.hpp>
#include <boost/interprocess/managed_external_buffer.hpp>
#include <boost/interprocess/mem_algo/rbtree_best_fit.hpp>
#include <chrono>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mlops::table {

namespace {
constexpr std::int64_t k_little = 16 << 20, k_most_reserve = 256 << 20, k_worth_it = 256 << 20;
constexpr std::size_t k_alignment = 64;  // Arrow asks for no more
}  // namespace

// Two runs of addresses that nobody touches until memory is short.
class LimitedPool::Reserve {
 public:
  explicit Reserve(std::size_t size) : size_(size), spare_(map()), blocks_(map()) {}
  ~Reserve() {
    unmap(spare_);
    unmap(blocks_);
  }
  Reserve(const Reserve&) = delete;
  Reserve& operator=(const Reserve&) = delete;

  std::uint8_t* allocate(std::size_t size) {
    const std::lock_guard lock(mutex_);
    unmap(spare_);
    if (blocks_ == nullptr) return nullptr;
    if (!heap_) heap_.emplace(boost::interprocess::create_only, blocks_.load(), size_);
    void* block = heap_->allocate_aligned(size, k_alignment, std::nothrow);
    if (block != nullptr) ++living_;
    return static_cast<std::uint8_t*>(block);
  }

  [[nodiscard]] bool holds(const std::uint8_t* block) const {
    const std::uint8_t* first = blocks_;
    return first != nullptr && block >= first && block < first + size_;
  }

  void free(std::uint8_t* block) {
    const std::lock_guard lock(mutex_);
    heap_->deallocate(block);
    --living_;
  }

  void end() {
    const std::lock_guard lock(mutex_);
    unmap(spare_);
    if (living_ > 0) return;
    heap_.reset();
    unmap(blocks_);
  }

 private:
  using Fit = boost::interprocess::rbtree_best_fit<boost::interprocess::null_mutex_family>;
  using Heap = boost::interprocess::basic_managed_external_buffer<char, Fit, boost::interprocess::iset_index>;
  using Run = std::atomic<std::uint8_t*>;  // nullptr where the system has none

  [[nodiscard]] std::uint8_t* map() const {
    void* at = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(at);
  }
  // Nobody may take what comes there next for a block of this.
  void unmap(Run& run) const {
    if (std::uint8_t* at = run.exchange(nullptr)) ::munmap(at, size_);
  }

  const std::size_t size_;
  std::mutex mutex_;
  Run spare_, blocks_;
  std::optional<Heap> heap_;
  std::size_t living_ = 0;
};

LimitedPool::LimitedPool(std::uint64_t limit)
    : under_(arrow::system_memory_pool()),
      limit_(static_cast<std::int64_t>(std::min<std::uint64_t>(limit, INT64_MAX))) {
  if (limit_ >= k_worth_it)
    reserve_ = std::make_unique<Reserve>(static_cast<std::size_t>(std::min(limit_ / 8, k_most_reserve)));
}

LimitedPool::~LimitedPool() = default;

void LimitedPool::free_reserve() {
  if (reserve_ != nullptr) reserve_->end();
}

std::uint8_t* LimitedPool::from_reserve(std::int64_t size) {
  exhausted_ = true;
  return size <= k_little && reserve_ != nullptr ? reserve_->allocate(static_cast<std::size_t>(size)) : nullptr;
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
  if (!status.ok())
    if (std::uint8_t* block = from_reserve(size)) return *out = block, arrow::Status::OK();
  if (!status.ok()) used_ -= size;
  return status;
}

arrow::Status LimitedPool::Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                                      std::uint8_t** ptr) {
  if (new_size < 0) return arrow::Status::Invalid("a negative size");
  if (new_size > old_size) ARROW_RETURN_NOT_OK(count(new_size - old_size, new_size <= k_little));
  const bool shrinks = new_size < old_size && new_size > 0, reserved = reserve_ != nullptr && reserve_->holds(*ptr);
  auto status = reserved ? arrow::Status::OutOfMemory("its block lies in the reserve")
                         : under_->Reallocate(old_size, new_size, alignment, ptr);
  // To shrink takes a new block for a while; where the system has none, the old one serves as well.
  if (!status.ok() && shrinks) status = arrow::Status::OK();
  if (!status.ok())
    if (std::uint8_t* block = from_reserve(new_size)) {
      std::memcpy(block, *ptr, static_cast<std::size_t>(std::min(old_size, new_size)));
      if (reserved)
        reserve_->free(*ptr);
      else
        under_->Free(*ptr, old_size, alignment);
      *ptr = block;
      status = arrow::Status::OK();
    }
  if (status.ok() == (new_size < old_size)) used_ -= std::abs(new_size - old_size);
  return status;
}

void LimitedPool::Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) {
  if (reserve_ != nullptr && reserve_->holds(buffer))
    reserve_->free(buffer);
  else
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
