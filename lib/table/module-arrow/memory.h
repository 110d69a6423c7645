// A memory pool with a hard limit: reaching it is a Status, which becomes one sentence, and never a kill.
#pragma once

#include <arrow/buffer.h>
#include <arrow/memory_pool.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "table/column_maker.h"

namespace mlops::table {

// Arrow's CSV parser aborts where it gets no few MiB. So what is little may go a little beyond the limit, or comes from
// a reserve where the system gives no more: from then on exhausted() tells whoever hands out bytes to read to stop. A
// part of the reserve is given back to the system then, for what others allocate meanwhile; of it a thread's malloc
// takes 64 MiB at once, so that this alone would not do.
class LimitedPool : public arrow::MemoryPool {
 public:
  explicit LimitedPool(std::uint64_t limit);
  ~LimitedPool() override;
  LimitedPool(const LimitedPool&) = delete;
  LimitedPool& operator=(const LimitedPool&) = delete;
  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;
  arrow::Status Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) override;
  arrow::Status Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                           std::uint8_t** ptr) override;
  void Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) override;
  [[nodiscard]] std::int64_t bytes_allocated() const override { return used_; }
  [[nodiscard]] std::int64_t total_bytes_allocated() const override { return under_->total_bytes_allocated(); }
  [[nodiscard]] std::int64_t num_allocations() const override { return under_->num_allocations(); }
  [[nodiscard]] std::string backend_name() const override { return under_->backend_name(); }
  [[nodiscard]] std::int64_t limit() const { return limit_; }
  [[nodiscard]] bool exhausted() const { return exhausted_; }
  // Gives the reserve back to the system, at the end of a reading, as far as nothing lies in it any more.
  void free_reserve();

 private:
  class Reserve;
  arrow::Status count(std::int64_t bytes, bool is_little);
  std::uint8_t* from_reserve(std::int64_t size);  // nullptr where there is none
  arrow::MemoryPool* under_;
  std::int64_t limit_;
  std::unique_ptr<Reserve> reserve_;
  std::atomic<std::int64_t> used_{0};
  std::atomic<bool> exhausted_{false};
};

// A pool for one reading. Arrow's threads may give back what they read ahead shortly after a reader is done, and its
// buffers hold no more than a bare pointer to their pool: so pools are kept for a minute after everybody else let them
// go.
std::shared_ptr<LimitedPool> make_pool(std::uint64_t limit);

// Three quarters of the least of: this machine's memory, the control group's limit, the process's address space.
std::uint64_t default_memory_limit();

// Keeps the pool alive as long as what was allocated from it.
template <typename T>
std::shared_ptr<const void> with_pool(std::shared_ptr<LimitedPool> pool, std::shared_ptr<T> thing) {
  struct Both {
    std::shared_ptr<LimitedPool> pool;
    std::shared_ptr<T> thing;  // goes first
  };
  const void* address = thing.get();
  return {std::make_shared<Both>(Both{std::move(pool), std::move(thing)}), address};
}

// `count` values from the pool that live as long as the column. Throws arrow's Status as std::bad_alloc on exhaustion.
template <typename T>
std::span<T> allocate(const std::shared_ptr<LimitedPool>& pool, ColumnMaker& maker, std::size_t count) {
  auto result = arrow::AllocateBuffer(static_cast<std::int64_t>(count * sizeof(T)), pool.get());
  if (!result.ok()) throw std::bad_alloc();
  std::shared_ptr<arrow::Buffer> buffer = std::move(*result);
  T* data = reinterpret_cast<T*>(buffer->mutable_data());
  maker.keep(with_pool(pool, std::move(buffer)));
  return {data, count};
}

}  // namespace mlops::table
