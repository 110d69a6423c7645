// Hashes of cells and rows with a random key: equal ones are taken for equal values, so nobody may be able to choose
// them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mlops::schema {

struct RowHash {
  std::uint64_t high = 0, low = 0;
};

// Folds the 128-bit product, so that every bit of both sides counts.
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Two lanes with keys of their own. Odd multipliers with about half of their bits set.
inline void mix(RowHash& hash, std::uint64_t word) {
  hash.high = fold(hash.high ^ word, 0x9e3779b97f4a7c15) + 0x2545f4914f6cdd1d;
  hash.low = fold(hash.low + word * 0xd6e8feb86659fd93, 0xa3b195354a39b70d) ^ hash.high;
}

inline void mix(RowHash& hash, std::string_view text) {
  mix(hash, text.size());
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t take = std::min<std::size_t>(text.size(), 8);
    std::memcpy(&word, text.data(), take);
    mix(hash, word);
    text.remove_prefix(take);
  }
}

inline std::uint64_t bits_of(double value) {
  if (value == 0) value = 0;  // -0.0 is 0.0
  std::uint64_t out = 0;
  std::memcpy(&out, &value, sizeof out);
  return out;
}

}  // namespace mlops::schema
