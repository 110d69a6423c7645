// Puts one large file into the store: as a pack of its own (a plain pack) where it is nearly all new, else chunk by
// chunk.
#pragma once

#include <memory>

#include "store/file_ingest.h"
#include "store/link.h"
#include "store/store_writer.h"

namespace mlops::store {

class LargeFile : private IngestSteps {
 public:
  LargeFile(StoreWriter& writer, const Layout& layout, int fd, fs::path name, Link link);
  // Reads the file from its start to its end.
  Recipe run();

 private:
  // How the bytes get into the plain pack.
  enum class Way {
    none,   // chunk by chunk into common packs
    clone,  // its blocks are shared already: read from the pack
    link,   // the file itself becomes the pack at the end
    copy    // written while they are read
  };
  [[nodiscard]] Way choose();
  [[nodiscard]] bool shrinks(std::uint64_t size) const;
  [[nodiscard]] Recipe run_as(Way way);
  [[nodiscard]] bool nobody_writes();
  bool adopt();
  void give_up();

  Id put(std::span<const std::byte> chunk) override;
  void write(std::span<const std::byte> bytes, std::uint64_t offset) override;
  void seen(std::span<const ChunkRef> chunks) override;

  StoreWriter& writer_;
  const Layout& layout_;
  int fd_;
  fs::path name_;
  Link link_;
  Way way_ = Way::none;
  std::unique_ptr<PackBuilder> pack_;
  FileStat as_read_;                  // of what becomes a pack as it is, before its bytes are read
  std::vector<ChunkRef> chunks_;      // seen so far, for a plain pack
  std::uint64_t seen_ = 0, old_ = 0;  // bytes; those that the store had
};

}  // namespace mlops::store
