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

std::string_view verified(const Key& key, const Extent& extent, std::string_view stored, std::string& buffer) {
  std::string_view plain = stored;
  if (extent.stored != extent.plain) {
    if (!decompress(stored, extent.plain, buffer)) refuse(key);
    plain = buffer;
  }
  if (key.kind == Kind::file)
    decode_recipe(plain, key.id);
  else if (sha256(plain) != key.id)
    refuse(key);
  return plain;
}

std::string decode_object(const Key& key, const Extent& extent, std::string stored) {
  std::string buffer;
  const auto plain = verified(key, extent, stored, buffer);
  return plain.data() == stored.data() ? std::move(stored) : std::move(buffer);
}

std::string read_object(const Key& key, const Place& place) {
  return decode_object(key, place.extent, place.pack->read(place.extent));
}

std::string read_stored(const Key& key, const Place& place) {
  std::string stored = place.pack->read(place.extent);
  std::string buffer;
  (void)verified(key, place.extent, stored, buffer);
  return stored;
}

StoredObject read_stored_somewhere(const PackSet& set, const Key& key, const Place& first) {
  try {
    return {read_stored(key, first), first.extent.plain};
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::outside) throw;
    for (const auto& place : set.find_all(key)) try {
        if (place.pack != first.pack) return {read_stored(key, place), place.extent.plain};
      } catch (const Error& other) {
        if (other.kind() == ErrorKind::outside) throw;
      }
    throw;
  }
}

}  // namespace mlops::store
