#include "stream.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace mlops::table {

arrow::Status SourceStream::Seek(std::int64_t position) {
  if (position < 0) return arrow::Status::Invalid("a negative position");
  position_ = position;
  return arrow::Status::OK();
}

arrow::Result<std::int64_t> SourceStream::Read(std::int64_t count, void* out) {
  ARROW_ASSIGN_OR_RAISE(const auto got, ReadAt(position_, count, out));
  position_ += got;
  return got;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> SourceStream::Read(std::int64_t count) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, count));
  position_ += buffer->size();
  return buffer;
}

arrow::Result<std::int64_t> SourceStream::ReadAt(std::int64_t position, std::int64_t count, void* out) {
  if (position < 0 || count < 0) return arrow::Status::Invalid("a negative position or length");
  if (pool_->exhausted()) return arrow::Status::OutOfMemory("the limit of ", pool_->limit(), " bytes is reached");
  const std::shared_lock attached(attached_);
  if (source_ == nullptr) return arrow::Status::IOError("the reading has ended");
  try {
    const std::span buffer(static_cast<std::byte*>(out), static_cast<std::size_t>(count));
    return static_cast<std::int64_t>(source_->read(static_cast<std::uint64_t>(position), buffer));
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
    return arrow::Status::IOError("the source failed");
  }
}

arrow::Result<std::shared_ptr<arrow::Buffer>> SourceStream::ReadAt(std::int64_t position, std::int64_t count) {
  if (position < 0 || count < 0) return arrow::Status::Invalid("a negative position or length");
  const auto left = std::max<std::int64_t>(0, size_ - position);
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(std::min(count, left), pool_.get()));
  ARROW_ASSIGN_OR_RAISE(const auto got, ReadAt(position, buffer->size(), buffer->mutable_data()));
  ARROW_RETURN_NOT_OK(buffer->Resize(got));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

void SourceStream::detach() {
  const std::unique_lock attached(attached_);
  source_ = nullptr;
}

std::shared_ptr<SourceStream> Reading::stream() const {
  const std::lock_guard lock(mutex_);
  return streams_.emplace_back(std::make_shared<SourceStream>(source, pool));
}

std::exception_ptr Reading::failure() const {
  const std::lock_guard lock(mutex_);
  for (const auto& stream : streams_)
    if (const auto failure = stream->failure()) return failure;
  return nullptr;
}

Reading::~Reading() {
  for (const auto& stream : streams_) stream->detach();
  pool->free_reserve();
}

std::exception_ptr SourceStream::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

Error to_error(const arrow::Status& status, const Source& source, const char* format, const LimitedPool& pool) {
  const std::string name = "\"" + source.name() + "\"";
  if (status.IsOutOfMemory())
    return input_error(
        name + " needs more memory than is allowed (" + show_size(static_cast<std::uint64_t>(pool.limit())) + ")",
        "name the columns that you need");
  std::string reason = status.message();
  reason = reason.substr(0, std::min(reason.find('\n'), std::size_t{300}));
  while (!reason.empty() && (reason.back() == '.' || std::isspace(static_cast<unsigned char>(reason.back())) != 0))
    reason.pop_back();
  return input_error(name + " can't be read as " + format + ": " + reason);
}

}  // namespace mlops::table
