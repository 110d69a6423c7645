// Pointer files.
#include "data/worktree.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlops;
  return fuzz::accept_or_refuse([&] {
    const std::string text(fuzz::text_of(data, size));
    const auto pointer = data::parse_pointer(text, "data.mlops");
    fuzz::require(pointer.object.kind == store::Kind::tree || pointer.object.kind == store::Kind::file);
    fuzz::require(pointer.text == text);
  });
}
