// One file of the traffic log from its first frame to its place in the store.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "data/repository.h"
#include "serve/call.h"

namespace mlops::serve {

// .mlops/traffic
std::filesystem::path traffic_directory(const data::Repository& repository);
// The segments that are not closed, of living and of dead processes.
std::vector<std::filesystem::path> open_segments(const data::Repository& repository);

// A segment that this process writes. Not thread-safe.
class Segment {
 public:
  Segment(const std::filesystem::path& directory, const Model& model);
  void add(const Call& call);
  void flush();  // what was added becomes visible to others and survives this process
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Micros started() const { return started_; }
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  std::optional<FileLock> lock_;  // others see by it that this process lives
  Fd fd_;
  std::string buffer_;
  std::uint64_t size_ = 0;
  Micros started_;
};

// The segment's rows as Parquet into the store, a sealed record about them, and the file is gone. Killed in between, it
// does the same again and comes to the same record. An empty or damaged segment is just removed. Returns the rows.
// `mutex` is held while the repository is used.
std::size_t close_segment(data::Repository& repository, std::mutex& mutex, const std::filesystem::path& file,
                          std::uint64_t dropped = 0);

// Closes the segments of processes that are gone.
void close_dead_segments(data::Repository& repository, std::mutex& mutex);

}  // namespace mlops::serve
