// Neighbouring chunks of one file, read and verified together.
#pragma once

#include <span>
#include <vector>

#include "store/recipe.h"

namespace mlops::store {

// Chunks [first, last) of a recipe, and where they lie in the file.
struct ChunkRun {
  std::size_t first = 0, last = 0;
  std::uint64_t offset = 0, length = 0;
};
// Runs of at most `most` bytes that together are the file.
std::vector<ChunkRun> runs_of(const Recipe& recipe, std::uint64_t most);
// Whether the bytes are exactly the chunks of the run.
bool are_chunks(const Recipe& recipe, const ChunkRun& run, std::span<const std::byte> bytes);

}  // namespace mlops::store
