// Reading files: window by window, the chunks of one window on all cores while the one before it is hashed as a whole.
#include <algorithm>

#include "base/pool.h"
#include "base/text.h"
#include "store/bytes.h"
#include "store/local_store.h"

namespace mlops::store {
namespace {

constexpr std::size_t k_window = 128;  // chunks

using Pieces = std::vector<std::string>;

std::string get_chunk(const Store& store, const ChunkRef& chunk) {
  std::string bytes = store.get(Kind::chunk, chunk.id);
  if (bytes.size() != chunk.length)
    throw state_error("chunk " + chunk.id.brief() + " is of another length than its file says");
  return bytes;
}

void update(Sha256& hash, const Pieces& pieces) {
  for (const auto& piece : pieces) hash.update(piece);
}

void hand_out(const Pieces& pieces, const Sink& sink) {
  for (const auto& piece : pieces) sink(bytes_of(piece));
}

void read_chunks(const Store& store, const Recipe& recipe, const Sink& sink) {
  Sha256 hash;
  Pieces before;
  for (std::size_t start = 0; start < recipe.chunks.size(); start += k_window) {
    Pieces window(std::min(k_window, recipe.chunks.size() - start));
    parallel_for(window.size() + 1, [&](std::size_t i) {
      if (i == 0)
        update(hash, before);
      else
        window[i - 1] = get_chunk(store, recipe.chunks[start + i - 1]);
    });
    hand_out(before, sink);
    before = std::move(window);
  }
  update(hash, before);
  if (hash.finish() != recipe.file)
    throw state_error("file " + recipe.file.brief() + " is damaged: its chunks are whole, but make another file");
  hand_out(before, sink);
}

}  // namespace

Recipe LocalStore::recipe_of(const Id& id) const { return decode_recipe(get(Kind::file, id), id); }

void LocalStore::read_file(const Id& id, const Sink& sink) const {
  if (is_one_chunk(id))
    sink(bytes_of(get(Kind::chunk, id)));
  else
    read_chunks(*this, recipe_of(id), sink);
}

std::string LocalStore::read_whole_file(const Id& id, std::uint64_t limit) const {
  const auto size = file_size(id);
  if (size > limit)
    throw input_error("file " + id.brief() + " has " + show_size(size) + ", the limit is " + show_size(limit));
  std::string out;
  out.reserve(size);
  read_file(id, [&](std::span<const std::byte> bytes) { out += view(bytes); });
  return out;
}

std::string LocalStore::read_range(const Id& id, std::uint64_t offset, std::uint64_t length) const {
  if (is_one_chunk(id)) {
    const std::string all = get(Kind::chunk, id);
    return offset < all.size() ? all.substr(offset, length) : std::string();
  }
  std::string out;
  std::uint64_t start = 0;
  for (const auto& chunk : recipe_of(id).chunks) {
    const auto end = start + chunk.length;
    if (end > offset && start < offset + length) {
      const auto from = std::max(offset, start) - start, to = std::min(offset + length, end) - start;
      out += get_chunk(*this, chunk).substr(from, to - from);
    }
    start = end;
  }
  return out;
}

}  // namespace mlops::store
