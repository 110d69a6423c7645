// Everything that can be asked of a multi-pack index that is accepted.
#include "store/multi_index.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlops;
  return fuzz::accept_or_refuse([&] {
    const store::MultiIndex index(store::MappedFile::of(fuzz::with_checksum(fuzz::text_of(data, size))));
    for (std::size_t i = 0; i < index.count(); ++i) {
      const auto entry = index.at(i);
      fuzz::require(entry.pack < index.packs().size());
      fuzz::require(index.position(entry.entry.key) == i);
    }
    (void)index.first_not_less_than({store::Kind::file, {}});
  });
}
