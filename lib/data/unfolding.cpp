#include "data/unfolding.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace mlops::data {
namespace {

constexpr std::uint64_t k_bytes_per_file = 256;  // of a plan
constexpr std::uint64_t k_directories = 1'000'000, k_directories_per_file = 16;
constexpr const char* k_hint = "whoever made this version is not to be trusted";

std::string brief(const std::string& path) { return "\"" + printable(path.size() > 80 ? path.substr(0, 80) + "…" : path) + "\""; }

std::uint64_t memory() {
  const auto pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) : std::uint64_t{1} << 34;
}

std::uint64_t files_of(const store::Tree& tree) {
  std::uint64_t sum = 0;
  for (const auto& entry : tree) {
    const std::uint64_t files = entry.mode == store::Mode::directory ? entry.files : 1;
    sum = files > UINT64_MAX - sum ? UINT64_MAX : sum + files;
  }
  return sum;
}

}  // namespace

Unfolding::Unfolding(std::uint64_t files) {
  if (files > memory() / k_bytes_per_file)
    throw state_error(fmt::format("{} files are more than this machine's memory can hold the names of", files), "take a part of it: mlops data get, mlops pull PATH");
  most_directories_ = k_directories + k_directories_per_file * files;
}

void Unfolding::enter(const std::string& path, const store::TreeEntry& directory, const store::Tree& tree) {
  if (std::count(path.begin(), path.end(), '/') > static_cast<std::ptrdiff_t>(store::k_deepest_tree))
    throw state_error(brief(path) + " has more than 512 directories below each other", k_hint);
  if (const auto files = files_of(tree); files > directory.files)
    throw state_error(fmt::format("{} has {} files or more, and {} is what leads to it", brief(path), files, directory.files), k_hint);
  if (++directories_ > most_directories_) throw state_error(brief(path) + " is in a version of far more directories than files", k_hint);
}

}  // namespace mlops::data
