// Content-defined cut points: FastCDC with normalised chunking, level 2 (Xia et al., USENIX ATC 2016; the gear hash
// rolls over the last 64 bytes). Equal stretches of two files meet again in equal chunks, whatever was inserted before
// them.
#pragma once

#include <cstddef>
#include <span>

namespace mlops::store {

// The length of the first chunk of `bytes`, which begin at a cut point: all of them, or between the minimum and
// maximum. Unless `bytes` hold at least the maximum chunk size, they must reach to the end of the file.
std::size_t first_chunk(std::span<const std::byte> bytes);

}  // namespace mlops::store
