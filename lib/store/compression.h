// How payloads stand in packs: zstd, or plain where a sample says that it does not shrink. Thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mlops::store {

// The zstd frame of `bytes`, or nothing where they are better stored plain. A payload is a frame exactly when it is
// shorter than the plain bytes.
bool compress(std::span<const std::byte> bytes, std::string& frame);

// Whether a sample of a file (some kilobytes) says that compressing the file would save something.
bool sample_shrinks(std::span<const std::byte> sample);

// Decodes into exactly `plain_size` bytes. False where the frame is damaged or of another size.
bool decompress(std::string_view frame, std::uint64_t plain_size, std::string& plain);

}  // namespace mlops::store
