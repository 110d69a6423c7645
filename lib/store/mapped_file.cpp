#include "store/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace mlops::store {

MappedFile::MappedFile(const fs::path& path) {
  const Fd fd = open_file(path, O_RDONLY);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw system_error("cannot read \"" + printable(path.string()) + "\"", errno);
  if (info.st_size <= 0) return;
  size_ = static_cast<std::size_t>(info.st_size);
  void* at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd.get(), 0);
  if (at == MAP_FAILED) throw system_error("cannot map \"" + printable(path.string()) + "\"", errno);
  mapped_ = static_cast<const char*>(at);
}

MappedFile MappedFile::of(std::string bytes) {
  MappedFile file;
  file.held_ = std::move(bytes);
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : mapped_(std::exchange(other.mapped_, nullptr)), size_(other.size_), held_(std::move(other.held_)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(mapped_, other.mapped_);
  std::swap(size_, other.size_);
  std::swap(held_, other.held_);
  return *this;
}

MappedFile::~MappedFile() {
  if (mapped_ != nullptr) ::munmap(const_cast<char*>(mapped_), size_);
}

}  // namespace mlops::store
