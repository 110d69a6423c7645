#include "store/chunk_runs.h"

namespace mlops::store {

std::vector<ChunkRun> runs_of(const Recipe& recipe, std::uint64_t most) {
  std::vector<ChunkRun> out;
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < recipe.chunks.size(); offset += recipe.chunks[i++].length) {
    if (out.empty() || out.back().length + recipe.chunks[i].length > most) out.push_back({i, i, offset, 0});
    out.back().last = i + 1;
    out.back().length += recipe.chunks[i].length;
  }
  return out;
}

bool are_chunks(const Recipe& recipe, const ChunkRun& run, std::span<const std::byte> bytes) {
  if (bytes.size() != run.length) return false;
  for (std::size_t i = run.first; i < run.last; bytes = bytes.subspan(recipe.chunks[i++].length))
    if (sha256(bytes.first(recipe.chunks[i].length)) != recipe.chunks[i].id) return false;
  return true;
}

}  // namespace mlops::store
