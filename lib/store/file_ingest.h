// Reads a large file once and cuts it into chunks: while one window is hashed and stored on all cores, the next is read
// and cut. Memory: two windows.
#pragma once

#include <span>
#include <vector>

#include "base/file.h"
#include "store/recipe.h"

namespace mlops::store {

// What is done with the bytes.
class IngestSteps {
 public:
  virtual ~IngestSteps() = default;
  // One chunk; called from several threads at once.
  virtual Id put(std::span<const std::byte> chunk) = 0;
  // The bytes of a window, once each, in order; beside the chunks of the window.
  virtual void write(std::span<const std::byte> bytes, std::uint64_t offset) = 0;
  // The chunks of a window, when all of them were put and written.
  virtual void seen(std::span<const ChunkRef> chunks) = 0;
};

class FileIngest {
 public:
  FileIngest(int fd, fs::path name, IngestSteps& steps);
  // Reads from the start of the file to its end. An empty file is one empty chunk.
  Recipe run();

 private:
  struct Window {
    std::vector<std::byte> bytes;
    std::size_t used = 0, cut = 0;    // bytes read; bytes up to the last cut point
    std::vector<std::size_t> starts;  // of the chunks; their ends are the next start, or `cut`
    bool last = false;                // the file ends here
    [[nodiscard]] std::span<const std::byte> done() const { return std::span(bytes).first(cut); }
  };
  void read(Window& window, const Window* before);
  void cut(Window& window);
  void put_chunks(const Window& window, std::size_t first, std::vector<ChunkRef>& out);

  int fd_;
  fs::path name_;
  IngestSteps& steps_;
  std::uint64_t position_ = 0;
};

}  // namespace mlops::store
