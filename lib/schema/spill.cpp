#include "schema/spill.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <span>

#include "base/error.h"

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

std::uint64_t* Spill::add() {
  if (words_.size() + width_ > limit_ && words_.size() > width_) spill();
  words_.resize(words_.size() + width_);
  return words_.data() + words_.size() - width_;
}

void Spill::spill() {
  if (files_.empty())
    for (std::size_t i = 0; i < k_parts; ++i) files_.push_back(nameless_file(folder_));
  if (shrink) shrink(words_);
  std::vector<std::vector<std::uint64_t>> parts(k_parts);
  for (std::size_t at = 0; at < words_.size(); at += width_) {
    auto& part = parts[words_[at] >> 56];
    part.insert(part.end(), words_.begin() + static_cast<std::ptrdiff_t>(at),
                words_.begin() + static_cast<std::ptrdiff_t>(at + width_));
  }
  for (std::size_t i = 0; i < k_parts; ++i) write_all(files_[i].get(), std::as_bytes(std::span(parts[i])), folder_);
  words_.clear();
}

std::vector<std::uint64_t> Spill::take(std::size_t part) {
  if (files_.empty()) return std::move(words_);
  const int file = files_[part].get();
  const auto bytes = ::lseek(file, 0, SEEK_END);
  std::vector<std::uint64_t> out(static_cast<std::size_t>(bytes) / sizeof(std::uint64_t));
  ::lseek(file, 0, SEEK_SET);
  auto rest = std::as_writable_bytes(std::span(out));
  while (!rest.empty()) {
    const auto got = read_some(file, rest, folder_);
    if (got == 0) throw outside_error("a temporary file in \"" + folder_.string() + "\" lost its end");
    rest = rest.subspan(got);
  }
  files_[part].reset();
  return out;
}

}  // namespace mlops::schema
