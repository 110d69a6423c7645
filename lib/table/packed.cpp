#include "table/packed.h"

#include <array>
#include <span>

#include "base/error.h"
#include "base/text.h"

namespace mlops::table {

std::string_view packed_as(std::string_view begin) {
  using namespace std::string_view_literals;
  static constexpr std::array k_packed{std::pair{"\x1f\x8b"sv, "gzip"sv}, std::pair{"\x28\xb5\x2f\xfd"sv, "zstd"sv},
                                       std::pair{"BZh"sv, "bzip2"sv},
                                       std::pair{"\xfd"
                                                 "7zXZ"sv,
                                                 "xz"sv},
                                       std::pair{"PK\x03\x04"sv, "zip"sv}};
  for (const auto& [magic, name] : k_packed)
    if (begin.starts_with(magic) &&
        (name != "bzip2" || begin.substr(std::min<std::size_t>(4, begin.size()), 3) == "1AY"))
      return name;
  return {};
}

void refuse_packed(const Source& source) {
  std::array<char, 8> begin{};
  const auto got = source.read(0, std::as_writable_bytes(std::span(begin)));
  if (const auto name = packed_as({begin.data(), got}); !name.empty())
    throw input_error(
        "\"" + printable(source.name()) + "\" is compressed (" + std::string(name) + "), so it is no table as it is",
        "unpack it first; tables are CSV, TSV, JSON lines, Parquet and Arrow files");
}

}  // namespace mlops::table
