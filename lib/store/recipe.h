// A recipe: the chunks of a file, in order. Its key is the file's id; a file of one chunk has none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace mlops::store {

struct ChunkRef {
  Id id;
  std::uint32_t length = 0;
  bool operator==(const ChunkRef&) const = default;
};

struct Recipe {
  Id file;
  std::uint64_t size = 0;  // the sum of the lengths
  std::vector<ChunkRef> chunks;
};

std::string encode_recipe(const Recipe& recipe);
// Throws Error(state) where the bytes are not exactly one recipe of `file`.
Recipe decode_recipe(std::string_view encoded, const Id& file);

}  // namespace mlops::store
