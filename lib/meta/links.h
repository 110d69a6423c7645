// Which records name an id: the way forward through lineage, from what was used to what was made of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "meta/database.h"

namespace mlops::meta {

struct LinkedKey {
  std::string key;
  Micros newest = 0;  // time of the newest record with it that names the target
};
// The different keys of the records of a type that name `target`, a text of 32, 40 or 64 hexadecimal digits anywhere in
// them; newest first.
std::vector<LinkedKey> linked_keys(Database& database, std::string_view target, std::string_view type);
// The records themselves, newest first, at most `limit` (0 = all).
std::vector<Entry> linked_records(Database& database, std::string_view target, std::string_view type,
                                  std::size_t limit);
// The different texts of `digits` digits that records of a type name.
std::vector<std::string> link_targets(Database& database, std::string_view type, std::size_t digits);

}  // namespace mlops::meta
