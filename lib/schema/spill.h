// Records of one width that may be more than memory holds: kept in memory up to a limit, beyond it in files by the
// highest bits of their first word, so that what belongs together comes back together.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "base/file.h"

namespace mlops::schema {

// A file that is gone when it is closed, whatever happens. Throws Error(outside).
Fd nameless_file(const fs::path& folder);
// What TMPDIR names, /tmp else. Throws Error(outside) where that is no folder.
fs::path temporary_folder();

// Bytes in parts that grow by turns, in one nameless file that is made with the first of them.
class PartFile {
 public:
  // An empty folder: temporary_folder().
  PartFile(std::size_t parts, fs::path folder) : folder_(std::move(folder)), parts_(parts) {}
  [[nodiscard]] bool used() const { return bool(file_); }
  void open();
  void append(std::size_t part, std::span<const std::byte> bytes);
  [[nodiscard]] std::size_t size(std::size_t part) const;
  // Fills `out`, which has that size.
  void read(std::size_t part, std::span<std::byte> out) const;

 private:
  struct Extent {
    std::uint64_t offset;
    std::size_t bytes;
  };
  fs::path folder_;
  Fd file_;
  std::uint64_t end_ = 0;
  std::vector<std::vector<Extent>> parts_;
};

class Spill {
 public:
  static constexpr std::size_t k_parts = 256;
  // Above `memory` bytes the records go to files without a name in `folder`.
  Spill(std::size_t width, std::size_t memory, fs::path folder)
      : width_(width), limit_(memory / sizeof(std::uint64_t)), file_(k_parts, std::move(folder)) {}

  // Room for one more record, to be filled before the next call.
  std::uint64_t* add();
  // Called before records go to files: makes fewer of them, if it can.
  std::function<void(std::vector<std::uint64_t>&)> shrink;

  [[nodiscard]] bool spilled() const { return file_.used(); }
  void spill();
  // Everything (part 0) where nothing was spilled; else one part, after spill().
  std::vector<std::uint64_t> take(std::size_t part);

 private:
  std::size_t width_, limit_;
  std::vector<std::uint64_t> words_;
  PartFile file_;
};

}  // namespace mlops::schema
