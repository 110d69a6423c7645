#include "data/stand_in.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "code/git.h"
#include "data/foreign/adopt.h"

namespace mlops::data {
namespace {

constexpr std::uint64_t k_limit = 64 << 20;  // bytes, as for an mlops.lock
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> k_begins{
    {{"version https://git-lfs.github.com/spec/", "git-lfs"},
     {"version https://hawser.github.com/spec/", "git-lfs"},
     {"/annex/objects/", "git-annex"},
     {std::string_view("\0GITCRYPT\0", 10), "git-crypt"}}};

// What a link of git-annex leads to.
bool leads_into_annex(std::string_view text) {
  return text.find(".git/annex/objects/") != std::string_view::npos && text.find('\n') == std::string_view::npos;
}

std::optional<Id> object_of(std::string_view text) {
  constexpr std::string_view key = "\noid sha256:";
  const auto at = text.find(key);
  return at == std::string_view::npos ? std::nullopt : Id::from_hex(text.substr(at + key.size(), 64));
}

std::optional<std::string> read_object(const fs::path& root, std::string_view text) {
  const auto git = code::Git::discover(root);
  const auto object = object_of(text);
  if (!git || !object) return std::nullopt;
  const fs::path file = lfs_object_file(*git, *object);
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return std::nullopt;
  std::string bytes = read_file(file, k_limit);
  return sha256(bytes) == *object ? std::optional(std::move(bytes)) : std::nullopt;
}

}  // namespace

std::string_view stands_in(std::string_view text) {
  for (const auto& [begin, tool] : k_begins)
    if (text.starts_with(begin)) return tool;
  return leads_into_annex(text) ? "git-annex" : "";
}

std::optional<std::string> stood_for(const fs::path& root, const std::string& file, std::string_view text) {
  const auto tool = stands_in(text);
  if (tool.empty()) return std::nullopt;
  if (tool == "git-lfs")
    if (auto bytes = read_object(root, text)) return bytes;
  throw state_error("a text of " + std::string(tool) + " stands for \"" + printable(file) +
                        "\" in git, and what it stands for can't be read here, so which versions it names is unknown",
                    tool == "git-lfs" ? "git lfs fetch --all   brings it"
                                      : "git log -- " + shell_path(file) + "   shows the commits");
}

Pointer committed_pointer(const Repository& repository, const std::string& text, const std::string& name) {
  return parse_pointer(stood_for(repository.root(), name, text).value_or(text), name);
}

}  // namespace mlops::data
