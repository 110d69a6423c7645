// Lists of condemned packs of a remote: what is accepted comes back.
#include "store/remote/condemned_packs.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlops;
  return fuzz::accept_or_refuse([&] {
    const auto list = store::parse_condemned_list(fuzz::text_of(data, size), "condemned/x");
    const auto again = store::parse_condemned_list(store::encode_condemned_list(list), "condemned/x");
    fuzz::require(again.time == list.time && again.condemned == list.condemned && again.deleted == list.deleted);
  });
}
