// Little-endian integers in byte strings: writing, and reading under strict bounds.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"

namespace mlops::store {

static_assert(std::endian::native == std::endian::little, "the formats are little-endian");

template <class Integer>
void append_integer(std::string& out, Integer value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline void append_id(std::string& out, const Id& id) {
  out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}

template <class Integer>
Integer integer_at(const char* at) {
  Integer value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

inline Id id_at(const char* at) {
  Id id;
  std::memcpy(id.bytes.data(), at, id.bytes.size());
  return id;
}

inline std::string_view view(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// Takes values from the front of a text. Throws Error(state), "WHAT is damaged: it ends too early", where there is too
// little.
class Cursor {
 public:
  Cursor(std::string_view text, std::string what) : rest_(text), what_(std::move(what)) {}

  std::string_view take(std::size_t size) {
    if (rest_.size() < size) refuse("it ends too early");
    const auto front = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return front;
  }
  template <class Integer>
  Integer integer() {
    return integer_at<Integer>(take(sizeof(Integer)).data());
  }
  Id id() { return id_at(take(32).data()); }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[noreturn]] void refuse(const std::string& why) const { throw state_error(what_ + " is damaged: " + why); }

 private:
  std::string_view rest_;
  std::string what_;
};

}  // namespace mlops::store
