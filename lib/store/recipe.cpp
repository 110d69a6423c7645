#include "store/recipe.h"

#include "base/error.h"
#include "base/text.h"
#include "store/bytes.h"
#include "store/format.h"
#include "store/store.h"

namespace mlops::store {
namespace {

constexpr char k_version = 1;
constexpr std::size_t k_header = 2 + 32 + 8, k_entry = 32 + 4, k_checksum = 32;

ChunkRef take_chunk(Cursor& cursor) {
  ChunkRef chunk{cursor.id(), cursor.integer<std::uint32_t>()};
  if (chunk.length == 0 || chunk.length > k_chunk_maximum) cursor.refuse("a chunk has an impossible length");
  return chunk;
}

}  // namespace

std::string encode_recipe(const Recipe& recipe) {
  const std::size_t size = k_header + recipe.chunks.size() * k_entry + k_checksum;
  if (size > k_object_maximum)
    throw input_error("file " + recipe.file.brief() + " of " + show_size(recipe.size) +
                          " has more pieces than the recipe of a file can name",
                      "cut it into files of 400 GB or less");
  std::string out;
  out.reserve(size);
  out.push_back(static_cast<char>(Kind::file));
  out.push_back(k_version);
  append_id(out, recipe.file);
  append_integer(out, recipe.size);
  for (const auto& chunk : recipe.chunks) {
    append_id(out, chunk.id);
    append_integer(out, chunk.length);
  }
  append_id(out, sha256(out));
  return out;
}

Recipe decode_recipe(std::string_view encoded, const Id& file) {
  Cursor cursor(encoded, "the recipe of file " + file.brief());
  if (cursor.integer<char>() != static_cast<char>(Kind::file)) cursor.refuse("it is no recipe");
  if (cursor.integer<char>() != k_version) cursor.refuse("it is of an unknown version");
  if (cursor.id() != file) cursor.refuse("it is the recipe of another file");
  Recipe recipe{file, cursor.integer<std::uint64_t>(), {}};
  if (cursor.left() < k_checksum || (cursor.left() - k_checksum) % k_entry != 0)
    cursor.refuse("its length is impossible");
  if (sha256(encoded.substr(0, encoded.size() - k_checksum)) != id_at(encoded.data() + encoded.size() - k_checksum))
    cursor.refuse("its checksum differs");
  std::uint64_t size = 0;
  recipe.chunks.reserve(cursor.left() / k_entry);
  while (cursor.left() > k_checksum) size += recipe.chunks.emplace_back(take_chunk(cursor)).length;
  if (size != recipe.size) cursor.refuse("its lengths do not add up");
  return recipe;
}

}  // namespace mlops::store
