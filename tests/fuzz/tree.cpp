// A tree that is accepted is the one encoding of its content, and its names can be written safely.
#include "store/tree.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlops;
  return fuzz::accept_or_refuse([&] {
    const auto text = fuzz::text_of(data, size);
    const auto tree = store::decode_tree(text);
    for (const auto& entry : tree) fuzz::require(store::valid_name(entry.name));
    fuzz::require(store::encode_tree(tree) == text);
  });
}
