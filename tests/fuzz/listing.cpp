// Listings of a remote: names in them are ones that a remote may have.
#include "store/remote/listing.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlops;
  return fuzz::accept_or_refuse([&] {
    for (const auto& item : store::parse_listing(fuzz::text_of(data, size), "listing/00000001"))
      fuzz::require(item.name.starts_with("packs/") || item.name.starts_with("journal/") ||
                    item.name.starts_with("condemned/"));
  });
}
