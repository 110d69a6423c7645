#include "data/foreign/dvc_cache.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/error.h"
#include "base/file.h"
#include "base/file_at.h"
#include "base/md5.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "data/beneath.h"

namespace mlops::data {
namespace {

constexpr std::uint64_t k_config_limit = 1 << 20;
constexpr std::size_t k_chunk = 1 << 20;  // bytes; DVC 2 looked for line ends within each

// The directory with .dvc in it.
fs::path dvc_root(const Repository& repository, const std::string& dvc_file) {
  for (std::string at = split_path(dvc_file).first;; at = split_path(at).first) {
    std::error_code ignored;
    if (fs::is_directory(repository.root() / at / ".dvc", ignored)) return repository.root() / at;
    if (at.empty()) break;
  }
  throw state_error("\"" + printable(dvc_file) + "\" lies in no DVC repository: there is no .dvc folder",
                    "dvc init made one beside its cache");
}

fs::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? fs::path() : fs::path(value);
}

// As configobj reads it: in quotes as it is, else up to a comment.
std::string unquoted(std::string_view value) {
  if (value.size() > 1 && (value.front() == '"' || value.front() == '\''))
    if (const auto end = value.find(value.front(), 1); end != std::string_view::npos)
      return std::string(value.substr(1, end - 1));
  return std::string(trim(value.substr(0, value.find('#'))));
}

// Relative to the file that names it.
fs::path folder_of(const fs::path& config, const std::string& value) {
  const fs::path home = from_environment("HOME");
  if (value.starts_with("~/") && !home.empty()) return home / value.substr(2);
  return (config.parent_path() / value).lexically_normal();
}

// `dir` of [cache] and `url` of each ['remote "NAME"'] that is a path.
std::vector<fs::path> folders_in(const fs::path& config) {
  std::vector<fs::path> out;
  std::error_code ignored;
  if (!fs::is_regular_file(config, ignored)) return out;
  std::string section;
  for (const auto& line : split(read_file(config, k_config_limit), '\n')) {
    const std::string text(trim(line));
    if (text.starts_with("[")) section = text;
    const auto equals = text.find('=');
    if (equals == std::string::npos || text.starts_with("#")) continue;
    const std::string key(trim(std::string_view(text).substr(0, equals)));
    const std::string value = unquoted(trim(std::string_view(text).substr(equals + 1)));
    const bool wanted = (section == "[cache]" && key == "dir") || (section.starts_with("['remote ") && key == "url");
    if (wanted && value.find("://") == std::string::npos) out.push_back(folder_of(config, value));
  }
  return out;
}

std::vector<fs::path> configurations(const fs::path& root) {
  std::vector<fs::path> out{root / ".dvc" / "config", root / ".dvc" / "config.local"};
  const fs::path own = from_environment("XDG_CONFIG_HOME"), home = from_environment("HOME");
  if (!own.empty())
    out.push_back(own / "dvc" / "config");
  else if (!home.empty())
    out.push_back(home / ".config" / "dvc" / "config");
  out.emplace_back("/etc/xdg/dvc/config");
  return out;
}

std::span<std::byte> fold_line_ends(std::span<std::byte> bytes) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool folds = bytes[i] == std::byte{'\r'} && i + 1 < bytes.size() && bytes[i + 1] == std::byte{'\n'};
    if (!folds) bytes[end++] = bytes[i];
  }
  return bytes.first(end);
}

bool has_md5(int fd, const fs::path& file, const std::string& md5, bool fold) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) throw system_error("cannot look at \"" + printable(file.string()) + "\"", errno);
  std::vector<std::byte> chunk(std::clamp<std::size_t>(static_cast<std::size_t>(info.st_size), 1, k_chunk));
  Md5 hash;
  for (std::uint64_t offset = 0;;) {
    const std::size_t got = read_at(fd, chunk, offset, file);
    if (got == 0) return hash.finish() == md5;
    offset += got;
    const auto bytes = std::span(chunk).first(got);
    hash.update(fold ? fold_line_ends(bytes) : bytes);
  }
}

}  // namespace

DvcCache::DvcCache(const Repository& repository, const std::string& dvc_file) {
  const fs::path root = dvc_root(repository, dvc_file);
  folders_.push_back(root / ".dvc" / "cache");
  for (const auto& config : configurations(root))
    for (auto& folder : folders_in(config)) folders_.push_back(std::move(folder));
}

fs::path DvcCache::find(const std::string& md5, const std::string& suffix, Naming naming,
                        const std::string& what) const {
  const std::string below = md5.substr(0, 2) + "/" + md5.substr(2) + suffix;
  std::error_code ignored;
  for (const auto& folder : folders_) {
    const fs::path file = (naming == Naming::plain ? folder / "files" / "md5" : folder) / below;
    if (fs::is_regular_file(file, ignored)) return file;
  }
  throw state_error(
      "the bytes of \"" + printable(what) + "\" (md5 " + md5.substr(0, 12) + ") are in no cache of DVC here",
      "dvc fetch   brings them");
}

void hold_against_md5(int fd, const fs::path& file, const std::string& md5, DvcCache::Naming naming,
                      const std::string& what) {
  if (has_md5(fd, file, md5, false)) return;
  if (naming == DvcCache::Naming::line_feeds && has_md5(fd, file, md5, true)) return;
  throw state_error("the cache of DVC has other bytes of \"" + printable(what) + "\" than its md5 " +
                        md5.substr(0, 12) + " says: they are damaged",
                    "rm -f " + shell_path(file.string()) + " && dvc fetch   brings them anew from a remote");
}

}  // namespace mlops::data
