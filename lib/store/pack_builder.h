// One pack while it is written, in tmp/. append() is not thread-safe; the writes that it asks for may run in parallel.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "store/layout.h"
#include "store/object_key.h"

namespace mlops::store {

// Nobody may write to a pack that has other names: for those whom the umask, or a store that is shared with a group,
// lets read. False where the mode can't be set.
[[nodiscard]] bool make_read_only(int fd, const Layout& layout);

class PackBuilder {
 public:
  explicit PackBuilder(const Layout& layout);
  // A plain pack: the bytes of one file (pack_index.h), which the caller writes, clones or links in.
  static std::unique_ptr<PackBuilder> plain(const Layout& layout);
  // A plain pack that is another name of the file behind a descriptor. Null, errno set, where it can't have one there.
  static std::unique_ptr<PackBuilder> linked(const Layout& layout, int file);
  // A plain pack that is a file in tmp/, which gets another name there.
  static std::unique_ptr<PackBuilder> taken(const Layout& layout, const fs::path& file);
  ~PackBuilder();  // what has not been published is removed
  PackBuilder(const PackBuilder&) = delete;
  PackBuilder& operator=(const PackBuilder&) = delete;

  // Bytes that are due at an offset.
  struct Write {
    std::uint64_t offset = 0;
    std::string bytes;
  };
  // Gives the payload its place. Small payloads are gathered; `due` gets what must be written now. True where the
  // caller must write the payload itself, at extent.offset. `digest` is the SHA-256 of the stored bytes.
  bool append(const Key& key, const Id& digest, std::string_view stored, std::uint32_t plain, Extent& extent,
              Write& due);
  Write take_gathered();
  void write(std::uint64_t offset, std::string_view bytes) const;
  // Of a plain pack: its chunks in order; and at last the file that they are.
  void append_plain(const Id& chunk, std::uint32_t length);
  void end_plain(const Id& file) { file_ = file; }
  // Lets the kernel begin to write, so that the fsync later is short.
  void start_writing() const;

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::vector<PackEntry>& entries() const { return entries_; }

  // fsync; then the index, written and synced in tmp/ too. After both nothing is visible yet.
  void seal();
  void publish_pack();                                    // renames the pack in
  void publish_index();                                   // renames the index in: now the objects are there
  [[nodiscard]] const Id& name() const { return name_; }  // after seal()
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  struct Plain {};
  PackBuilder(const Layout& layout, Plain);
  const Layout& layout_;
  fs::path pack_file_, index_file_;
  Fd fd_;
  std::uint64_t size_;
  Write gathered_;
  std::vector<PackEntry> entries_;
  std::string digests_;     // of the stored payloads, in order
  std::optional<Id> file_;  // of a plain pack
  Id name_;
};

}  // namespace mlops::store
