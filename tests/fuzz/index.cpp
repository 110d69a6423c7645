// Everything that can be asked of a pack index that is accepted.
#include "input.h"
#include "store/pack_index.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlops;
  return fuzz::accept_or_refuse([&] {
    const auto body = fuzz::text_of(data, size);
    const store::PackIndex index(store::MappedFile::of(fuzz::with_checksum(body)), sha256(body));
    auto entries = index.by_offset();
    fuzz::require(entries.size() == index.count());
    for (std::size_t i = 0; i < index.count(); ++i) fuzz::require(index.find(index.at(i).key) == index.at(i).extent);
    (void)index.first_not_less_than({store::Kind::tree, sha256(body)});
    const auto encode = index.plain() ? store::encode_plain_index : store::encode_index;
    const auto again = encode(std::move(entries), index.pack_size(), index.checksum());
    fuzz::require(again.name == sha256(body));
  });
}
