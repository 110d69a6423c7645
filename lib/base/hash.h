// SHA-256 ids: 32 bytes inside, 64 lower-case hex digits outside. `sha256sum` of a file agrees with its id.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mlops {

struct Id {
  std::array<std::uint8_t, 32> bytes{};

  [[nodiscard]] std::string hex() const;
  [[nodiscard]] std::string brief() const { return hex().substr(0, 12); }  // as shown to people
  static std::optional<Id> from_hex(std::string_view hex);                 // exactly 64 lower-case digits

  auto operator<=>(const Id&) const = default;
};

struct IdHash {
  std::size_t operator()(const Id& id) const {
    std::size_t word;
    std::memcpy(&word, id.bytes.data(), sizeof word);
    return word;
  }
};

// Incremental SHA-256. Not thread-safe; reusable after finish().
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text) { update(std::as_bytes(std::span(text))); }
  Id finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Id sha256(std::span<const std::byte> bytes);
inline Id sha256(std::string_view text) { return sha256(std::as_bytes(std::span(text))); }

// HMAC-SHA-256 (RFC 2104) of a text as 64 lower-case hex digits.
std::string hmac_sha256(std::string_view key, std::string_view text);

std::string to_hex(std::span<const std::uint8_t> bytes);
// `digits` random lower-case hex digits from the kernel's generator (run ids, request ids, names of temporary files).
std::string random_hex(std::size_t digits);

}  // namespace mlops
