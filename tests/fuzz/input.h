// What all fuzzers share: an input is refused by mlops::Error or accepted; everything else is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"

namespace mlops::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Formats end with their own SHA-256, which no fuzzer finds: the input is what stands before.
inline std::string with_checksum(std::string_view body) {
  std::string out(body);
  const Id id = sha256(body);
  return out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}

inline void require(bool condition) {
  if (!condition) std::abort();
}

template <class Parse>
int accept_or_refuse(const Parse& parse) {
  try {
    parse();
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace mlops::fuzz
