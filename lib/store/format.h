// The file `format` of a store: version 1 and every parameter that belongs to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace mlops::store {

inline constexpr std::size_t k_chunk_minimum = 16 << 10, k_chunk_average = 64 << 10, k_chunk_maximum = 256 << 10;
inline constexpr int k_compression_level = 3;
inline constexpr std::uint64_t k_pack_size = 64 << 20;
// The largest tree, recipe or record that is read: a limit against damaged and hostile lengths.
inline constexpr std::uint64_t k_object_maximum = std::uint64_t{1} << 30;

void write_format(const std::filesystem::path& store_directory);
// Throws Error(state) where there is no store, or one of a newer version, or the file is damaged.
void check_format(const std::filesystem::path& store_directory);

}  // namespace mlops::store
