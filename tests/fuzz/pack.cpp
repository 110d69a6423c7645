// Objects out of a pack with an index that lies: two bytes of length, an index (its checksum is made right), the pack's
// bytes.
#include <cstring>

#include "input.h"
#include "store/object_reader.h"
#include "store/pack_index.h"

namespace {

constexpr std::uint32_t k_plain_limit = 1 << 20;  // more is memory, no other code

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlops;
  if (size < 2) return 0;
  std::uint16_t length = 0;
  std::memcpy(&length, data, 2);
  const auto rest = fuzz::text_of(data + 2, size - 2);
  const auto body = rest.substr(0, std::min<std::size_t>(length, rest.size())), pack = rest.substr(body.size());
  return fuzz::accept_or_refuse([&] {
    const store::PackIndex index(store::MappedFile::of(fuzz::with_checksum(body)), sha256(body));
    for (const auto& [key, extent] : index.by_offset()) {
      if (extent.offset > pack.size() || extent.stored > pack.size() - extent.offset || extent.plain > k_plain_limit)
        continue;
      fuzz::accept_or_refuse([&, key = key, extent = extent] {
        const auto plain = store::decode_object(key, extent, std::string(pack.substr(extent.offset, extent.stored)));
        fuzz::require(plain.size() == extent.plain);
        fuzz::require(key.kind == store::Kind::file || sha256(plain) == key.id);
      });
    }
  });
}
