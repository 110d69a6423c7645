#include "data/unfolding.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace mlops::data {
namespace {

constexpr std::uint64_t k_bytes_per_file = 512;  // of a list with some more than the names
constexpr std::uint64_t k_directories = 1'000'000, k_directories_per_file = 16, k_links = 1'000'000;
constexpr const char* k_hint = "whoever made this version is not to be trusted";

std::string brief(const std::string& path) {
  return "\"" + printable(path.size() > 80 ? path.substr(0, 80) + "…" : path) + "\"";
}

std::uint64_t memory() {
  const auto pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size)
                               : std::uint64_t{1} << 34;
}

}  // namespace

std::uint64_t files_of(const store::Tree& tree) {
  std::uint64_t sum = 0;
  for (const auto& entry : tree) {
    const std::uint64_t files = entry.mode == store::Mode::directory ? entry.files : 1;
    sum = files > UINT64_MAX - sum ? UINT64_MAX : sum + files;
  }
  return sum;
}

Unfolding::Unfolding(std::uint64_t files) {
  if (files > memory() / k_bytes_per_file)
    throw state_error(fmt::format("{} files are more than this machine can hold a list of", files),
                      "take a part of them: mlops pull PATH, mlops data get");
  files_ = files + k_links;
  directories_ = k_directories + k_directories_per_file * files;
}

void Unfolding::file(const std::string& path) {
  if (files_-- == 0) throw state_error(brief(path) + " is in a version of more files than it says", k_hint);
}

void Unfolding::directory(const std::string& path) {
  if (std::count(path.begin(), path.end(), '/') > static_cast<std::ptrdiff_t>(store::k_deepest_tree))
    throw state_error(brief(path) + " has more than 512 directories below each other", k_hint);
  if (directories_-- == 0)
    throw state_error(brief(path) + " is in a version of far more directories than files", k_hint);
}

}  // namespace mlops::data
