// Reading protobuf's wire format one field at a time, from bytes that nobody vouches for: every length is checked
// against what is there, and nothing is allocated. https://protobuf.dev/programming-guides/encoding/
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace mlops::registry {

// The bytes are no well-formed message. The caller, who knows the file's name, turns it into an Error.
struct WireFault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t value = 0;   // varint, fixed64, fixed32
  std::string_view bytes{};  // bytes: text, sub-message or packed values

  // Throw WireFault when the field is not of that wire type.
  [[nodiscard]] std::string_view message() const;
  [[nodiscard]] std::int64_t integer() const;
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}
  // The next field; false at the end. Throws WireFault on truncation, groups, field number 0 and over-long varints.
  bool next(WireField& field);
  // Reads the packed or single values of a repeated integer field and calls visit(int64) for each.
  template <typename Visit>
  static void integers(const WireField& field, Visit visit) {
    if (field.type != WireType::bytes) return visit(field.integer());
    for (WireReader packed(field.bytes); !packed.rest_.empty();) visit(static_cast<std::int64_t>(packed.varint()));
  }

 private:
  std::uint64_t varint();
  std::uint64_t fixed(std::size_t width);
  std::string_view take(std::uint64_t length);
  std::string_view rest_;
};

}  // namespace mlops::registry
