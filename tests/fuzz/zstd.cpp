// A frame: three bytes of declared plain length, then the frame. It decodes into exactly that, or not at all.
#include "input.h"
#include "store/compression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlops;
  if (size < 3) return 0;
  const std::uint64_t declared = (data[0] | (data[1] << 8) | (data[2] << 16)) & 0x7ffff;
  std::string plain, frame;
  const bool decoded = store::decompress(fuzz::text_of(data + 3, size - 3), declared, plain);
  if (!decoded) return 0;
  fuzz::require(plain.size() == declared);
  if (store::compress(std::as_bytes(std::span(plain)), frame)) {
    std::string again;
    fuzz::require(store::decompress(frame, plain.size(), again) && again == plain);
  }
  return 0;
}
