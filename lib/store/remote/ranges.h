// Objects of a remote, read many at a time: those that lie near one another come with one request.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/remote/catalogue.h"

namespace mlops::store {

struct PlacedKey {
  Key key;
  Catalogue::Place place;
};

struct PackRange {
  Id pack;
  std::uint64_t offset = 0, length = 0;
  std::vector<PlacedKey> items;
};

std::vector<PackRange> ranges_of(std::vector<PlacedKey> items);

// Throws Error(state) where one that is no chunk claims more than such an object may have.
void refuse_giants(const std::vector<PlacedKey>& items, const Remote& remote);

using TakeObject = std::function<void(const Key&, const Extent&, const std::string& stored, std::string plain)>;

// Hands over each object, verified. Throws Error(state) naming one that is damaged, Gone where the pack is not there any more.
void read_range(const Remote& remote, const PackRange& range, const TakeObject& take);

}  // namespace mlops::store
