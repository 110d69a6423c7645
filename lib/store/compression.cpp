#include "store/compression.h"

#include <zstd.h>

#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include "store/format.h"

namespace mlops::store {
namespace {

// Contexts are a megabyte each and outlive the short-lived threads that use them.
template <class Context, auto make, auto free>
class Contexts {
 public:
  struct Free {
    void operator()(Context* context) const { free(context); }
  };
  using Owned = std::unique_ptr<Context, Free>;

  Owned take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return Owned(make());
    Owned context = std::move(idle_.back());
    idle_.pop_back();
    return context;
  }
  void give(Owned context) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(context));
  }

 private:
  std::mutex mutex_;
  std::vector<Owned> idle_;
};

Contexts<ZSTD_CCtx, ZSTD_createCCtx, ZSTD_freeCCtx>& encoders() {
  static Contexts<ZSTD_CCtx, ZSTD_createCCtx, ZSTD_freeCCtx> k_contexts;
  return k_contexts;
}

Contexts<ZSTD_DCtx, ZSTD_createDCtx, ZSTD_freeDCtx>& decoders() {
  static Contexts<ZSTD_DCtx, ZSTD_createDCtx, ZSTD_freeDCtx> k_contexts;
  return k_contexts;
}

constexpr std::size_t k_sample = 4096, k_not_worth_it = 64;

// Are the bytes as evenly spread as random ones? Then zstd need not be asked: images, archives, encrypted and trained
// things. The sum of squared counts of 4096 random bytes is 69,616 on average, with a deviation near 360: much less is
// too even for chance (a counter), and up to 76,000 a code for single bytes would save less than 2 %.
bool looks_random(std::span<const std::byte> sample) {
  std::array<std::uint32_t, 256> counts{};
  for (const auto byte : sample) ++counts[std::to_integer<std::uint8_t>(byte)];
  std::uint64_t squares = 0;
  for (const auto count : counts) squares += std::uint64_t{count} * count;
  return squares > 68'000 && squares < 76'000;
}

// By at least one part in sixteen?
bool shrinks(ZSTD_CCtx* context, std::span<const std::byte> sample, std::string& scratch) {
  if (looks_random(sample)) return false;
  scratch.resize(ZSTD_compressBound(sample.size()));
  const auto size = ZSTD_compressCCtx(context, scratch.data(), scratch.size(), sample.data(), sample.size(), 1);
  return ZSTD_isError(size) == 0 && size + sample.size() / 16 <= sample.size();
}

// Asked of the middle, since beginnings of files are often headers.
bool middle_shrinks(ZSTD_CCtx* context, std::span<const std::byte> bytes, std::string& scratch) {
  return shrinks(context, bytes.subspan((bytes.size() - k_sample) / 2, k_sample), scratch);
}

bool compress_with(ZSTD_CCtx* context, std::span<const std::byte> bytes, std::string& frame) {
  if (bytes.size() >= 2 * k_sample && !middle_shrinks(context, bytes, frame)) return false;
  frame.resize(ZSTD_compressBound(bytes.size()));
  const auto size =
      ZSTD_compressCCtx(context, frame.data(), frame.size(), bytes.data(), bytes.size(), k_compression_level);
  if (ZSTD_isError(size) != 0 || size + bytes.size() / 32 >= bytes.size()) return false;
  frame.resize(size);
  return true;
}

}  // namespace

bool compress(std::span<const std::byte> bytes, std::string& frame) {
  if (bytes.size() < k_not_worth_it) return false;
  auto context = encoders().take();
  if (!context) return false;
  const bool shrunk = compress_with(context.get(), bytes, frame);
  encoders().give(std::move(context));
  return shrunk;
}

bool sample_shrinks(std::span<const std::byte> sample) {
  auto context = encoders().take();
  if (!context) return false;
  std::string scratch;
  const bool shrunk = shrinks(context.get(), sample, scratch);
  encoders().give(std::move(context));
  return shrunk;
}

bool decompress(std::string_view frame, std::uint64_t plain_size, std::string& plain) {
  auto context = decoders().take();
  if (!context) return false;
  plain.resize(plain_size);
  const auto size = ZSTD_decompressDCtx(context.get(), plain.data(), plain.size(), frame.data(), frame.size());
  decoders().give(std::move(context));
  return ZSTD_isError(size) == 0 && size == plain_size;
}

}  // namespace mlops::store
