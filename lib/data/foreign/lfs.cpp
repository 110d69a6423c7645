// git-lfs: a pointer in the work tree (three lines of text), the object in .git/lfs/objects/AA/BB/OID.
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "code/git.h"
#include "data/beneath.h"
#include "data/foreign/adopt.h"

namespace mlops::data {
namespace {

constexpr std::uint64_t k_pointer_limit = 1024;  // bytes, as git-lfs has it
constexpr std::string_view k_first_line = "version https://git-lfs.github.com/spec/v1";

std::string value_of(const std::vector<std::string>& lines, std::string_view key) {
  for (const auto& line : lines)
    if (line.starts_with(key)) return line.substr(key.size());
  return {};
}

}  // namespace

bool is_lfs_pointer(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(file, error)) || fs::file_size(file, error) > k_pointer_limit || error)
    return false;
  return read_file(file, k_pointer_limit).starts_with(k_first_line);
}

std::optional<Id> lfs_object(const fs::path& file) {
  if (!is_lfs_pointer(file)) return std::nullopt;
  return Id::from_hex(value_of(split(read_file(file, k_pointer_limit), '\n'), "oid sha256:"));
}

fs::path lfs_object_file(code::Git& git, const Id& object) {
  const std::string oid = object.hex();
  return git.common_directory() / git.config("lfs.storage").value_or("lfs") / "objects" / oid.substr(0, 2) /
         oid.substr(2, 2) / oid;
}

ForeignVersion read_lfs(const Repository& repository, const std::string& path) {
  const auto text = Beneath(repository.root()).read(path, k_pointer_limit);
  const auto lines = split(text.value_or(""), '\n');
  const std::string oid = value_of(lines, "oid sha256:"), size = value_of(lines, "size ");
  const auto id = Id::from_hex(oid);
  if (!id)
    throw input_error("\"" + printable(path) + "\" is no pointer of git-lfs: it has no \"oid sha256:\"").at(path, 2);
  const auto git = code::Git::discover(repository.root());
  const fs::path object = git ? lfs_object_file(*git, *id) : fs::path();
  std::error_code ignored;
  if (!fs::is_regular_file(object, ignored))
    throw state_error("the git-lfs object of \"" + printable(path) + "\" (" + oid.substr(0, 12) + ") is not here",
                      "git lfs fetch   brings it");
  ForeignVersion version{path, {{"", object, false}}, std::nullopt, std::nullopt, "oid " + oid, path};
  std::uint64_t bytes = 0;
  if (std::from_chars(size.data(), size.data() + size.size(), bytes).ec == std::errc{}) version.size = bytes;
  return version;
}

}  // namespace mlops::data
