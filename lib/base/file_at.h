// Reading and writing at an offset: several threads may share a descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/file.h"

namespace mlops {

// Fills `to` from `offset` on, less where the file ends before. Throws Error(outside) naming `name`.
std::size_t read_at(int fd, std::span<std::byte> to, std::uint64_t offset, const fs::path& name);
void write_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset, const fs::path& name);

}  // namespace mlops
