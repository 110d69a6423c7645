#include "code/index_names.h"

#include <cstdint>

#include "base/file.h"

namespace mlops::code {
namespace {

constexpr std::size_t k_header = 12, k_before_flags = 60, k_hash = 20;
constexpr std::uint64_t k_limit = std::uint64_t{1} << 30;

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8 | static_cast<unsigned char>(bytes[at + i]);
  return out;
}

// A split index has its names elsewhere, a sparse one directories in place of files.
bool only_plain_extensions(std::string_view bytes, std::size_t at) {
  while (at + 8 + k_hash <= bytes.size()) {
    const std::string_view name = bytes.substr(at, 4);
    if (name == "link" || name == "sdir") return false;
    const std::size_t size = big_endian(bytes, at + 4);
    if (size > bytes.size() - at - 8) return false;
    at += 8 + size;
  }
  return at + k_hash == bytes.size();
}

}  // namespace

std::optional<std::vector<std::string>> parse_index(std::string_view bytes) {
  if (bytes.size() < k_header + k_hash || bytes.substr(0, 4) != "DIRC") return std::nullopt;
  const std::uint32_t version = big_endian(bytes, 4), count = big_endian(bytes, 8);
  if (version != 2 && version != 3) return std::nullopt;
  std::vector<std::string> out;
  std::size_t at = k_header;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (bytes.size() < at + k_before_flags + 2) return std::nullopt;
    const bool extended = (static_cast<unsigned char>(bytes[at + k_before_flags]) & 0x40) != 0;
    const std::size_t name = at + k_before_flags + (extended ? 4 : 2), end = bytes.find('\0', name);
    if (end == std::string_view::npos) return std::nullopt;
    out.emplace_back(bytes.substr(name, end - name));
    at += (end - at + 8) / 8 * 8;  // 1 to 8 zeros
  }
  if (at > bytes.size() || !only_plain_extensions(bytes, at)) return std::nullopt;
  return out;
}

std::optional<IndexNames> index_names(const fs::path& start) {
  std::error_code ignored;
  for (fs::path at = start;; at = at.parent_path()) {
    const fs::path git = at / ".git";
    if (!fs::exists(fs::symlink_status(git, ignored))) {
      if (at == at.parent_path()) return IndexNames{};
      continue;
    }
    if (!fs::is_directory(fs::symlink_status(git, ignored))) return std::nullopt;
    if (!fs::exists(git / "index", ignored)) return IndexNames{at, {}};
    auto names = parse_index(read_file(git / "index", k_limit));
    return names ? std::optional(IndexNames{at, std::move(*names)}) : std::nullopt;
  }
}

}  // namespace mlops::code
