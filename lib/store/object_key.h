// What objects are looked up by, and where one lies in a pack.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/hash.h"
#include "store/store.h"

namespace mlops::store {

struct Key {
  Kind kind = Kind::chunk;
  Id id;
  auto operator<=>(const Key&) const = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const { return IdHash{}(key.id) ^ static_cast<std::size_t>(key.kind); }
};

// Where the payload stands. It is a zstd frame where `stored` is less than `plain`, else the plain bytes.
struct Extent {
  std::uint64_t offset = 0;
  std::uint32_t stored = 0, plain = 0;
  bool operator==(const Extent&) const = default;
};

struct PackEntry {
  Key key;
  Extent extent;
};

// How keys stand in indexes: 33 bytes that compare like the key.
inline constexpr std::size_t k_key_size = 33;
using KeyBytes = std::array<char, k_key_size>;

inline KeyBytes key_bytes(const Key& key) {
  KeyBytes out;
  out[0] = static_cast<char>(key.kind);
  std::memcpy(out.data() + 1, key.id.bytes.data(), 32);
  return out;
}

inline Key key_at(const char* at) {
  Key key{static_cast<Kind>(*at), {}};
  std::memcpy(key.id.bytes.data(), at + 1, 32);
  return key;
}

// The first of `count` records of `width` bytes, each beginning with its key, that is not less than `key`.
inline std::size_t first_not_less(const char* records, std::size_t count, std::size_t width, const KeyBytes& key) {
  std::size_t low = 0, high = count;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (std::memcmp(records + middle * width, key.data(), k_key_size) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

}  // namespace mlops::store
