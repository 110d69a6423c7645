// Objects of a remote, read many at a time: those that lie near one another come with one request.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "store/remote/catalogue.h"

namespace mlops::store {

inline constexpr std::uint64_t k_range = 8 << 20;  // bytes asked for at a time, more only where one object has more

struct PlacedKey {
  Key key;
  Catalogue::Place place;
  std::uint64_t before = 0;  // bytes in front of it that are worth having too
};

// In their packs, one pack after the other.
bool lies_before(const PlacedKey& a, const PlacedKey& b);

struct PackRange {
  Id pack;
  std::uint64_t offset = 0, length = 0;
  std::vector<PlacedKey> items;
  [[nodiscard]] bool covers(const Catalogue::Place& place) const {
    return place.pack == pack && place.extent.offset >= offset &&
           place.extent.offset + place.extent.stored <= offset + length;
  }
};

std::vector<PackRange> ranges_of(std::vector<PlacedKey> items);

// Throws Error(state) where one that is no chunk claims more than such an object may have.
void refuse_giants(const std::vector<PlacedKey>& items, const Remote& remote);

// The bytes of a range, from which its objects are taken. Thread-safe.
class RangeBytes {
 public:
  RangeBytes(const Remote& remote, const PackRange& range);
  // As it is stored in the range, which must cover it.
  [[nodiscard]] std::string_view stored(const Extent& extent) const {
    return std::string_view(bytes_).substr(extent.offset - range_.offset, extent.stored);
  }
  // Its plain bytes, which stand in the range itself or in `buffer`. Throws Error(state) where they are not the object.
  [[nodiscard]] std::string_view plain(const Key& key, const Extent& extent, std::string& buffer) const;

 private:
  const Remote& remote_;
  const PackRange& range_;
  std::unique_lock<std::mutex> alone_;  // where a giant is in it
  std::string bytes_;
};

using TakeObject = std::function<void(const Key&, const Extent&, std::string_view stored, std::string_view plain)>;

// Hands over each object, verified. Throws Error(state) naming one that is damaged, Gone where the pack is not there
// any more.
void read_range(const Remote& remote, const PackRange& range, const TakeObject& take);

}  // namespace mlops::store
