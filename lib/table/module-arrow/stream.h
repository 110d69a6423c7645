// A source as Arrow sees it, and the border where Arrow's failures become mlops::Error.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include <exception>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "base/error.h"
#include "memory.h"
#include "table/source.h"

namespace mlops::table {

// An arrow::Status on its way to the border.
class StatusError : public std::exception {
 public:
  explicit StatusError(arrow::Status status) : status_(std::move(status)) {}
  [[nodiscard]] const arrow::Status& status() const { return status_; }

 private:
  arrow::Status status_;
};

inline void need(const arrow::Status& status) {
  if (!status.ok()) throw StatusError(status);
}
template <typename T>
T need(arrow::Result<T> result) {
  need(result.status());
  return std::move(result).ValueUnsafe();
}

// Reads from the source; what the source throws is kept for the border, as Arrow may be on a thread of its own here.
// Such a thread may still be reading ahead when a reader has failed: detach() waits for it and ends what it may do.
class SourceStream : public arrow::io::RandomAccessFile {
 public:
  SourceStream(const Source& source, std::shared_ptr<LimitedPool> pool)
      : source_(&source), size_(static_cast<std::int64_t>(source.size())), pool_(std::move(pool)) {}

  arrow::Status Close() override { return closed_ = true, arrow::Status::OK(); }
  [[nodiscard]] bool closed() const override { return closed_; }
  [[nodiscard]] arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Seek(std::int64_t position) override;
  arrow::Result<std::int64_t> GetSize() override { return size_; }
  arrow::Result<std::int64_t> Read(std::int64_t count, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t count) override;
  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t count, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position, std::int64_t count) override;

  void detach();
  // What the source threw, if it did.
  [[nodiscard]] std::exception_ptr failure() const;

 private:
  const Source* source_;  // null once detached
  std::int64_t size_;
  std::shared_ptr<LimitedPool> pool_;
  std::int64_t position_ = 0;
  bool closed_ = false;
  std::shared_mutex attached_;
  mutable std::mutex mutex_;
  std::exception_ptr failure_;
};

// What one reading needs: the source, the pool, and streams, each of which ends with the reading.
class Reading {
 public:
  Reading(const Source& from, const ReadOptions& how, std::shared_ptr<LimitedPool> memory)
      : source(from), options(how), pool(std::move(memory)) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading();

  // A new one for every attempt: an abandoned reader may still move the position of its own.
  [[nodiscard]] std::shared_ptr<SourceStream> stream() const;
  [[nodiscard]] std::exception_ptr failure() const;

  const Source& source;
  const ReadOptions& options;
  const std::shared_ptr<LimitedPool> pool;

 private:
  mutable std::mutex mutex_;
  mutable std::vector<std::shared_ptr<SourceStream>> streams_;
};

// The error for a status; `format` is what the reader took the file for: "Parquet".
Error to_error(const arrow::Status& status, const Source& source, const char* format, const LimitedPool& pool);

}  // namespace mlops::table
