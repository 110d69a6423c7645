#include "table/source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace mlops::table {
namespace {

class FileSource : public Source {
 public:
  explicit FileSource(const fs::path& path) : name_(path.string()), fd_(open_file(path, O_RDONLY | O_NONBLOCK)) {
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) throw system_error("cannot look at \"" + name_ + "\"", errno);
    if (!S_ISREG(status.st_mode))
      throw input_error("\"" + name_ + "\" is no file with a table",
                        "name a CSV, TSV, JSON lines, Parquet or Arrow file");
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  std::size_t read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    std::size_t done = 0;
    while (done < buffer.size()) {
      const auto got =
          ::pread(fd_.get(), buffer.data() + done, buffer.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw system_error("cannot read \"" + name_ + "\"", errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

 private:
  std::string name_;
  Fd fd_;
  std::uint64_t size_ = 0;
};

class MemorySource : public Source {
 public:
  MemorySource(std::string_view bytes, std::string name) : name_(std::move(name)), bytes_(bytes) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  std::size_t read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    if (offset >= bytes_.size()) return 0;
    const std::size_t count = std::min<std::size_t>(buffer.size(), bytes_.size() - offset);
    std::memcpy(buffer.data(), bytes_.data() + offset, count);
    return count;
  }

 private:
  std::string name_;
  std::string_view bytes_;
};

class StoreSource : public Source {
 public:
  StoreSource(const store::Store& store, const Id& file, std::string name)
      : store_(store), file_(file), name_(std::move(name)), size_(store.file_size(file)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  std::size_t read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    if (offset >= size_) return 0;
    const std::uint64_t count = std::min<std::uint64_t>(buffer.size(), size_ - offset);
    const std::string bytes = store_.read_range(file_, offset, count);
    std::memcpy(buffer.data(), bytes.data(), std::min<std::size_t>(bytes.size(), count));
    return std::min<std::size_t>(bytes.size(), count);
  }

 private:
  const store::Store& store_;
  Id file_;
  std::string name_;
  std::uint64_t size_;
};

}  // namespace

std::unique_ptr<Source> open_source(const fs::path& path) { return std::make_unique<FileSource>(path); }

std::unique_ptr<Source> memory_source(std::string_view bytes, std::string name) {
  return std::make_unique<MemorySource>(bytes, std::move(name));
}

std::unique_ptr<Source> store_source(const store::Store& store, const Id& file, std::string name) {
  return std::make_unique<StoreSource>(store, file, std::move(name));
}

}  // namespace mlops::table
