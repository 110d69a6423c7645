#include "store/chunker.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/hash.h"
#include "store/bytes.h"
#include "store/format.h"

namespace mlops::store {
namespace {

using Gear = std::array<std::uint64_t, 256>;

// The value of byte b: the first 8 bytes of the SHA-256 of that one byte, little-endian.
Gear make_gear() {
  Gear gear{};
  for (std::size_t b = 0; b < gear.size(); ++b) {
    const auto byte = static_cast<std::byte>(b);
    const Id id = sha256(std::span(&byte, 1));
    gear[b] = integer_at<std::uint64_t>(reinterpret_cast<const char*>(id.bytes.data()));
  }
  return gear;
}

// 2^16 is the average; two bits more before it and two less behind it draw the lengths towards it. The highest bits
// are looked at, because they depend on the most bytes.
constexpr unsigned k_early_shift = 64 - 18, k_late_shift = 64 - 14;

struct Scan {
  const Gear& gear;
  const std::byte* data;
  std::uint64_t hash = 0;

  void roll(std::size_t i) { hash = (hash << 1) + gear[std::to_integer<std::uint8_t>(data[i])]; }

  // The position behind the first byte in [from, to) at which the hash says cut, or 0. Two bytes a step keep
  // the branches from waiting for the hash.
  std::size_t run(std::size_t from, std::size_t to, unsigned shift) {
    std::size_t i = from;
    for (; i + 1 < to; i += 2) {
      roll(i);
      const std::uint64_t first = hash;
      roll(i + 1);
      if (first >> shift == 0) return i + 1;
      if (hash >> shift == 0) return i + 2;
    }
    if (i < to) roll(i);
    return i < to && hash >> shift == 0 ? i + 1 : 0;
  }
};

}  // namespace

std::size_t first_chunk(std::span<const std::byte> bytes) {
  static const Gear k_gear = make_gear();
  if (bytes.size() <= k_chunk_minimum) return bytes.size();
  const std::size_t end = std::min(bytes.size(), k_chunk_maximum), middle = std::min(end, k_chunk_average);
  Scan scan{k_gear, bytes.data()};
  if (const auto cut = scan.run(k_chunk_minimum, middle, k_early_shift)) return cut;
  if (const auto cut = scan.run(middle, end, k_late_shift)) return cut;
  return end;
}

}  // namespace mlops::store
