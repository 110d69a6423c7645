#include "store/file_ingest.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/file_at.h"
#include "base/pool.h"
#include "store/chunker.h"
#include "store/format.h"

namespace mlops::store {
namespace {

constexpr std::size_t k_window = 8 << 20, k_group = 4;  // chunks that one task puts

std::size_t window_size(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || info.st_size <= 0) return k_chunk_maximum + 1;
  return std::clamp<std::size_t>(static_cast<std::size_t>(info.st_size) + 1, k_chunk_maximum + 1, k_window);
}

}  // namespace

FileIngest::FileIngest(int fd, fs::path name, IngestSteps& steps) : fd_(fd), name_(std::move(name)), steps_(steps) {}

void FileIngest::read(Window& window, const Window* before) {
  window.bytes.resize(window_size(fd_));
  window.used = 0;
  if (before != nullptr) {  // what stands behind its last cut point
    window.used = before->used - before->cut;
    std::copy_n(before->bytes.begin() + static_cast<std::ptrdiff_t>(before->cut), window.used, window.bytes.begin());
  }
  const auto room = std::span(window.bytes).subspan(window.used);
  const std::size_t got = read_at(fd_, room, position_, name_);
  window.last = got < room.size();
  window.used += got;
  position_ += got;
  cut(window);
}

void FileIngest::cut(Window& window) {
  window.starts.clear();
  window.cut = 0;
  const auto all = std::span<const std::byte>(window.bytes).first(window.used);
  while (window.cut < window.used && (window.last || window.used - window.cut >= k_chunk_maximum)) {
    window.starts.push_back(window.cut);
    window.cut += first_chunk(all.subspan(window.cut));
  }
}

void FileIngest::put_chunks(const Window& window, std::size_t first, std::vector<ChunkRef>& out) {
  for (std::size_t i = first; i < std::min(first + k_group, window.starts.size()); ++i) {
    const std::size_t end = i + 1 < window.starts.size() ? window.starts[i + 1] : window.cut;
    const std::size_t length = end - window.starts[i];
    out[i] = {steps_.put(std::span(window.bytes).subspan(window.starts[i], length)),
              static_cast<std::uint32_t>(length)};
  }
}

Recipe FileIngest::run() {
  Recipe recipe;
  Sha256 hash;
  Window now, next;
  read(now, nullptr);
  if (now.last && now.used == 0) now.starts.push_back(0);
  while (true) {
    std::vector<ChunkRef> chunks(now.starts.size());
    const std::size_t groups = (chunks.size() + k_group - 1) / k_group;
    parallel_for(groups + 3, [&](std::size_t task) {
      if (task == 0)
        hash.update(now.done());
      else if (task == 1 && !now.last)
        read(next, &now);
      else if (task == 2)
        steps_.write(now.done(), recipe.size);
      else if (task > 2)
        put_chunks(now, (task - 3) * k_group, chunks);
    });
    steps_.seen(chunks);
    recipe.chunks.insert(recipe.chunks.end(), chunks.begin(), chunks.end());
    recipe.size += now.cut;
    if (now.last) break;
    std::swap(now, next);
  }
  recipe.file = hash.finish();
  return recipe;
}

}  // namespace mlops::store
