#include "store/object_reader.h"

#include "base/error.h"
#include "store/compression.h"
#include "store/recipe.h"

namespace mlops::store {
namespace {

[[noreturn]] void refuse(const Key& key) {
  throw state_error(std::string(to_text(key.kind)) + " " + key.id.brief() + " is damaged");
}

}  // namespace

std::string decode_object(const Key& key, const Extent& extent, std::string stored) {
  std::string plain;
  if (extent.stored == extent.plain) plain = std::move(stored);
  else if (!decompress(stored, extent.plain, plain)) refuse(key);
  if (key.kind == Kind::file) decode_recipe(plain, key.id);
  else if (sha256(plain) != key.id) refuse(key);
  return plain;
}

std::string read_object(const Key& key, const Place& place) { return decode_object(key, place.extent, place.pack->read(place.extent)); }

std::string read_stored(const Key& key, const Place& place) {
  std::string stored = place.pack->read(place.extent);
  decode_object(key, place.extent, stored);
  return stored;
}

}  // namespace mlops::store
