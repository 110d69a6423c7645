#include "schema/spill.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <span>
#include <system_error>

#include "base/error.h"
#include "base/text.h"

namespace mlops::schema {

Fd nameless_file(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return Fd(fd);
  std::string name = (folder / "rows-XXXXXX").string();
  Fd out(::mkostemp(name.data(), O_CLOEXEC));
  if (!out)
    throw system_error("cannot make a temporary file in \"" + folder.string() + "\"", errno,
                       "TMPDIR names another folder");
  ::unlink(name.c_str());
  return out;
}

fs::path temporary_folder() {
  std::error_code problem;
  fs::path out = fs::temp_directory_path(problem);
  if (!problem) return out;
  const char* named = std::getenv("TMPDIR");
  throw outside_error("there is no folder \"" + printable(named == nullptr ? "/tmp" : named) + "\" for temporary files",
                      "TMPDIR names another folder");
}

void PartFile::open() {
  if (file_) return;
  if (folder_.empty()) folder_ = temporary_folder();
  file_ = nameless_file(folder_);
}

void PartFile::append(std::size_t part, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  open();
  write_all(file_.get(), bytes, folder_);
  parts_[part].push_back({end_, bytes.size()});
  end_ += bytes.size();
}

std::size_t PartFile::size(std::size_t part) const {
  std::size_t out = 0;
  for (const auto& extent : parts_[part]) out += extent.bytes;
  return out;
}

void PartFile::read(std::size_t part, std::span<std::byte> out) const {
  for (const auto& [offset, bytes] : parts_[part]) {
    ::lseek(file_.get(), static_cast<off_t>(offset), SEEK_SET);
    for (auto rest = out.first(bytes); !rest.empty();) {
      const auto got = read_some(file_.get(), rest, folder_);
      if (got == 0) throw outside_error("a temporary file in \"" + folder_.string() + "\" lost its end");
      rest = rest.subspan(got);
    }
    out = out.subspan(bytes);
  }
  ::lseek(file_.get(), 0, SEEK_END);  // where the next bytes go
}

std::uint64_t* Spill::add() {
  if (words_.size() + width_ > limit_ && words_.size() > width_) spill();
  words_.resize(words_.size() + width_);
  return words_.data() + words_.size() - width_;
}

void Spill::spill() {
  file_.open();
  if (shrink) shrink(words_);
  std::vector<std::vector<std::uint64_t>> parts(k_parts);
  for (std::size_t at = 0; at < words_.size(); at += width_) {
    auto& part = parts[words_[at] >> 56];
    part.insert(part.end(), words_.begin() + static_cast<std::ptrdiff_t>(at),
                words_.begin() + static_cast<std::ptrdiff_t>(at + width_));
  }
  for (std::size_t i = 0; i < k_parts; ++i) file_.append(i, std::as_bytes(std::span(parts[i])));
  words_.clear();
}

std::vector<std::uint64_t> Spill::take(std::size_t part) {
  if (!file_.used()) return std::move(words_);
  std::vector<std::uint64_t> out(file_.size(part) / sizeof(std::uint64_t));
  file_.read(part, std::as_writable_bytes(std::span(out)));
  return out;
}

}  // namespace mlops::schema
