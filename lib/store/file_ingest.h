// Reads a large file once and makes chunks of it: while one window is hashed and stored on all cores, the next is read and
// cut. Memory: two windows.
#pragma once

#include <functional>
#include <vector>

#include "base/file.h"
#include "store/recipe.h"

namespace mlops::store {

class FileIngest {
 public:
  // Called from several threads at once.
  using PutChunk = std::function<Id(std::span<const std::byte>)>;
  FileIngest(int fd, fs::path name, PutChunk put);
  // Reads from the start of the file to its end. An empty file is one empty chunk.
  Recipe run();

 private:
  struct Window {
    std::vector<std::byte> bytes;
    std::size_t used = 0, cut = 0;          // bytes read; bytes up to the last cut point
    std::vector<std::size_t> starts;        // of the chunks; their ends are the next start, or `cut`
    bool last = false;                      // the file ends here
  };
  void read(Window& window, const Window* before);
  void cut(Window& window);
  void put_chunks(const Window& window, std::size_t first, std::vector<ChunkRef>& out);

  int fd_;
  fs::path name_;
  PutChunk put_;
  std::uint64_t position_ = 0;
};

}  // namespace mlops::store
