#include "store/remote/ranges.h"

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/text.h"
#include "store/format.h"
#include "store/object_reader.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_gap = 64 << 10;    // bytes between two objects that are fetched along
constexpr std::uint32_t k_giant = 64 << 20;  // a tree, recipe or record as large is opened alone, to bound memory

std::unique_lock<std::mutex> alone_with_giants(const PackRange& range) {
  static std::mutex mutex;
  const bool giant = std::any_of(range.items.begin(), range.items.end(),
                                 [](const PlacedKey& item) { return item.place.extent.plain > k_giant; });
  return giant ? std::unique_lock(mutex) : std::unique_lock<std::mutex>();
}

}  // namespace

bool lies_before(const PlacedKey& a, const PlacedKey& b) {
  return std::tie(a.place.pack, a.place.extent.offset) < std::tie(b.place.pack, b.place.extent.offset);
}

std::vector<PackRange> ranges_of(std::vector<PlacedKey> items) {
  std::sort(items.begin(), items.end(), lies_before);
  std::vector<PackRange> out;
  for (auto& item : items) {
    const auto& [pack, extent] = item.place;
    const std::uint64_t start = extent.offset - std::min(extent.offset, item.before),
                        end = extent.offset + extent.stored;
    const bool joins = !out.empty() && out.back().pack == pack &&
                       extent.offset >= out.back().offset + out.back().length &&
                       start <= out.back().offset + out.back().length + k_gap && end - out.back().offset <= k_range;
    if (!joins) out.push_back({pack, start, 0, {}});
    out.back().length = end - out.back().offset;
    out.back().items.push_back(std::move(item));
  }
  return out;
}

void refuse_giants(const std::vector<PlacedKey>& items, const Remote& remote) {
  for (const auto& item : items)
    if (item.key.kind != Kind::chunk && item.place.extent.plain > k_object_maximum)
      throw state_error(std::string(to_text(item.key.kind)) + " " + item.key.id.brief() + " on " +
                        printable(remote.url()) + " claims " + show_size(item.place.extent.plain) + ": it is refused");
}

RangeBytes::RangeBytes(const Remote& remote, const PackRange& range)
    : remote_(remote),
      range_(range),
      alone_(alone_with_giants(range)),
      bytes_(remote.read(pack_name(range.pack), range.offset, range.length)) {}

std::string_view RangeBytes::plain(const Key& key, const Extent& extent, std::string& buffer) const {
  try {
    return verified(key, extent, stored(extent), buffer);
  } catch (const Error&) {
    throw state_error(std::string(to_text(key.kind)) + " " + key.id.brief() + " is damaged on " +
                          printable(remote_.url()) + " (pack " + range_.pack.brief() + ")",
                      "nothing of it was taken; mlops fsck --remote NAME --deep names what is damaged there");
  }
}

void read_range(const Remote& remote, const PackRange& range, const TakeObject& take) {
  const RangeBytes bytes(remote, range);
  std::string buffer;
  for (const auto& item : range.items) {
    const auto& extent = item.place.extent;
    take(item.key, extent, bytes.stored(extent), bytes.plain(item.key, extent, buffer));
  }
}

}  // namespace mlops::store
