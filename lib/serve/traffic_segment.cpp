#include "serve/traffic_segment.h"

#include <fcntl.h>

#include <algorithm>

#include "serve/traffic_frames.h"
#include "serve/traffic_table.h"

namespace mlops::serve {
namespace {

constexpr const char* k_extension = ".frames";

fs::path lock_of(const fs::path& segment) { return fs::path(segment).replace_extension(".lock"); }

void remove_segment(const fs::path& file) {
  std::error_code ignored;
  fs::remove(file, ignored);
  fs::remove(lock_of(file), ignored);
}

struct Summary {
  std::size_t rows;
  Micros first, last;
};

Json record_of(const Model& model, const Summary& rows, const store::ObjectRef& file, std::uint64_t dropped) {
  const std::string version = model.record->hex();
  return {{"type", "traffic"},
          {"version", 1},
          {"key", version},
          {"model", model.name},
          {"number", std::stoll(model.version)},
          {"model_version", version},
          {"from", to_utc(rows.first)},
          {"to", to_utc(rows.last)},
          {"time", to_utc(rows.last)},
          {"rows", rows.rows},
          {"file", file.id.hex()},
          {"size", file.size},
          {"sampling", 1.0},
          {"dropped", dropped}};
}

}  // namespace

fs::path traffic_directory(const data::Repository& repository) { return repository.state() / "traffic"; }

std::vector<fs::path> open_segments(const data::Repository& repository) {
  std::vector<fs::path> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(traffic_directory(repository), ignored))
    if (entry.path().extension() == k_extension) out.push_back(entry.path());
  std::sort(out.begin(), out.end());  // by their start
  return out;
}

Segment::Segment(const fs::path& directory, const Model& model)
    : file_(directory / (std::to_string(now_micros()) + "-" + random_hex(8) + k_extension)), started_(now_micros()) {
  fs::create_directories(directory);
  lock_.emplace(lock_of(file_));
  fd_ = open_file(file_, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0600);
  buffer_ = segment_header(model);
  flush();
}

void Segment::add(const Call& call) {
  append_call(buffer_, call);
  if (buffer_.size() > (std::size_t{4} << 20)) flush();
}

void Segment::flush() {
  if (buffer_.empty()) return;
  write_all(fd_.get(), buffer_, file_);
  size_ += buffer_.size();
  buffer_.clear();
}

std::size_t close_segment(data::Repository& repository, std::mutex& mutex, const fs::path& file,
                          std::uint64_t dropped) {
  TrafficTable rows;
  const auto model = read_segment(file, [&](const Call& call) { rows.add(call); });
  if (model != nullptr && rows.rows() > 0) {
    const Summary summary{rows.rows(), rows.first(), rows.last()};
    const std::string parquet = table::write_parquet(rows.finish());
    const std::lock_guard lock(mutex);
    const auto writer = repository.store().writer();
    const auto object = writer->put_file(std::as_bytes(std::span(parquet)));
    writer->commit();
    (void)repository.database().seal(record_of(*model, summary, object, dropped));
    remove_segment(file);
    return summary.rows;
  }
  remove_segment(file);
  return 0;
}

void close_dead_segments(data::Repository& repository, std::mutex& mutex) {
  for (const auto& file : open_segments(repository)) {
    const FileLock lock = FileLock::try_lock(lock_of(file));
    if (lock) (void)close_segment(repository, mutex, file);
  }
}

}  // namespace mlops::serve
