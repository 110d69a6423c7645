// Where a table's bytes come from: a file that we opened, memory, or an object in the store. Readers see only this;
// they never open a path themselves.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"
#include "store/store.h"

namespace mlops::table {

// Random access to bytes that don't change. Thread-safe.
class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;  // as messages call it; its extension tells the format
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Fills as much of `buffer` as there is from `offset`; returns the bytes filled.
  virtual std::size_t read(std::uint64_t offset, std::span<std::byte> buffer) const = 0;
};

// Throws Error(input) when there is no such file or it is not a regular one.
std::unique_ptr<Source> open_source(const fs::path& path);
// `bytes` must outlive the source.
std::unique_ptr<Source> memory_source(std::string_view bytes, std::string name);
// A file in the store, whole or its chunks verified as they are read. `store` must outlive the source.
std::unique_ptr<Source> store_source(const store::Store& store, const Id& file, std::string name);

}  // namespace mlops::table
