// Files and descriptors: RAII, whole-file reads under a limit, and replacement that survives a kill at any instruction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mlops {

namespace fs = std::filesystem;

// Owns a file descriptor. Every descriptor of this program is close-on-exec.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

// open(2) with O_CLOEXEC; throws Error(outside) naming the path (Error(input) when there is no such file).
Fd open_file(const fs::path& path, int flags, unsigned mode = 0644);
// The whole file. Throws Error(input) when it is absent or larger than `limit` bytes.
std::string read_file(const fs::path& path, std::uint64_t limit = std::uint64_t{1} << 30);
std::size_t read_some(int fd, std::span<std::byte> buffer, const fs::path& name);  // 0 = end
void write_all(int fd, std::span<const std::byte> bytes, const fs::path& name);
inline void write_all(int fd, std::string_view text, const fs::path& name) {
  write_all(fd, std::as_bytes(std::span(text)), name);
}

// A new file beside `path`, then rename. `durable` adds fsync of the file and its directory.
void replace_file(const fs::path& path, std::string_view bytes, unsigned mode = 0644, bool durable = true);
void sync_directory(const fs::path& directory);

// An open-file-description lock; waits. Dies with the process, so a stale lock can't exist. The lock file stays.
class FileLock {
 public:
  explicit FileLock(const fs::path& path);  // exclusive
  // Beside others that are shared.
  static FileLock shared(const fs::path& path);
  // Holds the lock, or is empty when another process has it.
  static FileLock try_lock(const fs::path& path);
  explicit operator bool() const { return static_cast<bool>(fd_); }

 private:
  FileLock() = default;
  Fd fd_;
};

}  // namespace mlops
