// gzip and deflate (= zlib format, RFC 9110 8.4.1) of bodies. The limit counts decoded bytes; one layer only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mlops::web {

enum class Coding { identity, gzip, deflate };

// Throws Refusal: 501 for another coding or several.
Coding request_coding(std::string_view content_encoding);
// Of those that we have, the one with the highest q, then the first named; q=0 excludes. identity where none is left.
Coding response_coding(std::string_view accept_encoding);
const char* to_text(Coding coding);

// Throws Refusal: 400 when the bytes are not exactly whole streams of that format, 413 past `limit` decoded bytes.
std::string decode(Coding coding, std::string_view bytes, std::uint64_t limit);
std::string encode(Coding coding, std::string_view bytes);

// The checksum of gzip (RFC 1952).
std::uint32_t crc_32(std::string_view bytes);

}  // namespace mlops::web
