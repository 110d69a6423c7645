// The index of one pack: sorted keys with their extents. Its checksum, at its end, names the pack
// (share/doc/formats.md). A plain pack is one whole file, byte for byte: its index lists the chunks, and has the file's
// id as the pack's checksum.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/mapped_file.h"
#include "store/object_key.h"

namespace mlops::store {

inline constexpr std::string_view k_pack_magic = "mlopsPK1", k_index_magic = "mlopsIX1",
                                  k_plain_index_magic = "mlopsIP1";

struct IndexImage {
  std::string bytes;
  Id name;  // of the pack
};
// `checksum` is the SHA-256 over the stored payloads' own SHA-256, in order of their offsets; `pack_size` the file's.
IndexImage encode_index(std::vector<PackEntry> entries, std::uint64_t pack_size, const Id& checksum);
// Of the plain pack that is `file`; `entries` are its chunks in order. A chunk that repeats is listed where it stands
// first.
IndexImage encode_plain_index(std::vector<PackEntry> entries, std::uint64_t file_size, const Id& file);

class PackIndex {
 public:
  // Throws Error(state) where the bytes are not exactly an index called `name`.
  PackIndex(MappedFile file, const Id& name);

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] PackEntry at(std::size_t i) const;
  [[nodiscard]] std::optional<Extent> find(const Key& key) const;
  [[nodiscard]] std::size_t first_not_less_than(const Key& key) const;
  // All entries in the order in which they lie in the pack.
  [[nodiscard]] std::vector<PackEntry> by_offset() const;
  [[nodiscard]] std::uint64_t pack_size() const;
  [[nodiscard]] Id checksum() const;
  [[nodiscard]] bool plain() const { return plain_; }

 private:
  MappedFile file_;
  bool plain_ = false;
  std::size_t count_ = 0;
  const char* records_ = nullptr;
};

}  // namespace mlops::store
