// A recipe that is accepted is the one encoding of its content, with lengths that add up.
#include <cstring>

#include "input.h"
#include "store/recipe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlops;
  return fuzz::accept_or_refuse([&] {
    const std::string text = fuzz::with_checksum(fuzz::text_of(data, size));
    Id file;
    if (size >= 34) std::memcpy(file.bytes.data(), data + 2, 32);
    const auto recipe = store::decode_recipe(text, file);
    std::uint64_t sum = 0;
    for (const auto& chunk : recipe.chunks) sum += chunk.length;
    fuzz::require(sum == recipe.size && store::encode_recipe(recipe) == text);
  });
}
