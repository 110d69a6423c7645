#include "register/protobuf_wire.h"

namespace mlops::registry {

std::string_view WireField::message() const {
  if (type != WireType::bytes) throw WireFault("a field has the wrong wire type");
  return bytes;
}

std::int64_t WireField::integer() const {
  if (type != WireType::varint) throw WireFault("a field has the wrong wire type");
  return static_cast<std::int64_t>(value);
}

bool WireReader::next(WireField& field) {
  if (rest_.empty()) return false;
  const std::uint64_t key = varint();
  if (key >> 3 == 0 || key >> 3 > 0x1fffffff) throw WireFault("a field has an impossible number");
  field.number = static_cast<std::uint32_t>(key >> 3);
  field.type = static_cast<WireType>(key & 7);
  field.value = 0;
  field.bytes = {};
  switch (field.type) {
    case WireType::varint:
      field.value = varint();
      break;
    case WireType::fixed64:
      field.value = fixed(8);
      break;
    case WireType::fixed32:
      field.value = fixed(4);
      break;
    case WireType::bytes:
      field.bytes = take(varint());
      break;
    default:
      throw WireFault("a field has an unknown wire type");  // groups were never used in ONNX
  }
  return true;
}

std::uint64_t WireReader::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (rest_.empty()) throw WireFault("it is cut off");
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) break;
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  throw WireFault("a number is longer than 64 bits");
}

std::uint64_t WireReader::fixed(std::size_t width) {
  const std::string_view bytes = take(width);
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string_view WireReader::take(std::uint64_t length) {
  if (length > rest_.size()) throw WireFault("it is cut off");
  const std::string_view out = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return out;
}

}  // namespace mlops::registry
