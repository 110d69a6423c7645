// One sorted index over many packs, so that a look-up costs the same with thousands of them. Only a cache: it is used
// when its checksum holds and every pack in it is there, else the packs' own indexes speak.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/mapped_file.h"
#include "store/object_key.h"
#include "store/pack_index.h"

namespace mlops::store {

class MultiIndex {
 public:
  struct Source {
    Id pack;
    const PackIndex* index = nullptr;
  };
  // Where several packs hold an object, the pack with the smallest name is the one that is named.
  static std::string encode(std::vector<Source> sources);
  // Throws Error(state) where the bytes are not exactly a multi-pack index.
  explicit MultiIndex(MappedFile file);

  struct Entry {
    PackEntry entry;
    std::uint32_t pack = 0;  // position in packs()
  };
  [[nodiscard]] const std::vector<Id>& packs() const { return packs_; }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] Entry at(std::size_t i) const;
  [[nodiscard]] std::size_t first_not_less_than(const Key& key) const;
  // The position of the key, or nothing.
  [[nodiscard]] std::optional<std::size_t> position(const Key& key) const;

 private:
  MappedFile file_;
  std::vector<Id> packs_;
  std::size_t count_ = 0;
  const char* records_ = nullptr;
};

}  // namespace mlops::store
