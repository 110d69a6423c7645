// From a place in a pack to verified bytes: decoded into exactly the declared size, hash checked.
#pragma once

#include <string>
#include <string_view>

#include "store/pack_set.h"

namespace mlops::store {

// The plain bytes. Throws Error(state) where they are damaged.
std::string read_object(const Key& key, const Place& place);
// The stored bytes, checked as read_object checks them.
std::string read_stored(const Key& key, const Place& place);
// The same from wherever it can be read, the first place first; `plain` is its size before it was compressed.
struct StoredObject {
  std::string bytes;
  std::uint32_t plain = 0;
};
StoredObject read_stored_somewhere(const PackSet& set, const Key& key, const Place& first);
// Plain bytes of a stored payload. Throws Error(state) where they are not the object.
std::string decode_object(const Key& key, const Extent& extent, std::string stored);
// The same without a copy: the plain bytes are `stored` itself, or stand in `buffer`.
std::string_view verified(const Key& key, const Extent& extent, std::string_view stored, std::string& buffer);

}  // namespace mlops::store
