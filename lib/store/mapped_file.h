// A file's bytes in memory, read-only: mapped, or held when they were made here.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace mlops::store {

class MappedFile {
 public:
  MappedFile() = default;
  // Throws Error(outside) where it can't be read, Error(input) where there is none. Files that are mapped are replaced
  // by rename, never changed in place.
  explicit MappedFile(const std::filesystem::path& path);
  static MappedFile of(std::string bytes);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  [[nodiscard]] std::string_view bytes() const { return mapped_ != nullptr ? std::string_view(mapped_, size_) : held_; }

 private:
  const char* mapped_ = nullptr;
  std::size_t size_ = 0;
  std::string held_;
};

}  // namespace mlops::store
