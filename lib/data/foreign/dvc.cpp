// DVC's own files: X.dvc (YAML), .dvc/config (INI), .dir objects (JSON), and caches that name files by MD5.
#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "base/yaml.h"
#include "data/beneath.h"
#include "data/foreign/adopt.h"

namespace mlops::data {
namespace {

constexpr std::uint64_t k_config_limit = 1 << 20, k_directory_limit = 1 << 30;

bool is_md5(std::string_view text) {
  return text.size() == 32 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// The directory with .dvc in it: the .dvc file's own, or one above it, not above the work tree's root.
fs::path dvc_root(const Repository& repository, const std::string& dvc_file) {
  for (std::string at = split_path(dvc_file).first;; at = split_path(at).first) {
    std::error_code ignored;
    if (fs::is_directory(repository.root() / at / ".dvc", ignored)) return repository.root() / at;
    if (at.empty()) break;
  }
  throw state_error("\"" + printable(dvc_file) + "\" lies in no DVC repository: there is no .dvc folder",
                    "dvc init made one beside its cache");
}

// `dir` of [cache] and `url` of each ['remote "NAME"'] that is a path, as .dvc/config and config.local have them.
std::vector<fs::path> folders_in(const fs::path& config) {
  std::vector<fs::path> out;
  std::error_code ignored;
  if (!fs::exists(config, ignored)) return out;
  std::string section;
  for (const auto& line : split(read_file(config, k_config_limit), '\n')) {
    const std::string text(trim(line));
    if (text.starts_with("[")) section = text;
    const auto equals = text.find('=');
    if (equals == std::string::npos) continue;
    const std::string key(trim(std::string_view(text).substr(0, equals))),
        value(trim(std::string_view(text).substr(equals + 1)));
    const bool wanted = (section == "[cache]" && key == "dir") || (section.starts_with("['remote ") && key == "url");
    if (wanted && value.find("://") == std::string::npos)
      out.push_back((config.parent_path() / value).lexically_normal());
  }
  return out;
}

class Cache {
 public:
  explicit Cache(const fs::path& root) {
    folders_.push_back(root / ".dvc" / "cache");
    for (const char* name : {"config", "config.local"})
      for (auto& folder : folders_in(root / ".dvc" / name)) folders_.push_back(std::move(folder));
  }

  // `suffix` is ".dir" for directories. Throws Error(state) where it is nowhere.
  [[nodiscard]] fs::path find(const std::string& md5, const std::string& suffix, const std::string& what) const {
    const std::string below = md5.substr(0, 2) + "/" + md5.substr(2) + suffix;
    std::error_code ignored;
    for (const auto& folder : folders_)
      for (const auto& file : {folder / "files" / "md5" / below, folder / below})
        if (fs::is_regular_file(file, ignored)) return file;
    throw state_error(
        "the bytes of \"" + printable(what) + "\" (md5 " + md5.substr(0, 12) + ") are in no cache of DVC here",
        "dvc fetch   brings them");
  }

 private:
  std::vector<fs::path> folders_;
};

std::vector<ForeignFile> files_of_directory(const Cache& cache, const fs::path& object, const std::string& path) {
  const std::string name = object.string();
  std::vector<ForeignFile> out;
  const Json list = parse_json(read_file(object, k_directory_limit), name);
  if (!list.is_array()) throw state_error("\"" + printable(name) + "\" is no directory of DVC");
  for (const auto& entry : list) {
    const std::string md5 = text_or(entry, "md5"), below = text_or(entry, "relpath");
    if (!entry.is_object() || !is_md5(md5)) throw state_error("\"" + printable(name) + "\" is no directory of DVC");
    check_path(below);
    out.push_back({below, cache.find(md5, "", path + "/" + below), entry.value("isexec", Json(false)) == Json(true)});
  }
  return out;
}

std::optional<std::uint64_t> number_of(const Json& out, const char* key) {
  if (!out.contains(key) || !out[key].is_number_integer() || out[key].get<std::int64_t>() < 0) return std::nullopt;
  return out[key].get<std::uint64_t>();
}

ForeignVersion version_of(const Cache& cache, const Json& out, const std::string& directory,
                          const std::string& dvc_file) {
  const std::string label = text_or(out, "md5"), path = join_path(directory, text_or(out, "path"));
  const bool is_directory = label.ends_with(".dir");
  const std::string md5 = is_directory ? label.substr(0, label.size() - 4) : label;
  if (!is_md5(md5))
    throw input_error("\"" + printable(dvc_file) + "\" names no md5 of \"" + printable(path) + "\"",
                      "dvc add makes such a file")
        .at(dvc_file, 1);
  check_path(path);
  const fs::path object = cache.find(md5, is_directory ? ".dir" : "", path);
  ForeignVersion version{
      path,           {},      number_of(out, "size"), is_directory ? number_of(out, "nfiles") : std::nullopt,
      "md5 " + label, dvc_file};
  if (is_directory)
    version.files = files_of_directory(cache, object, path);
  else
    version.files.push_back({"", object, out.value("isexec", Json(false)) == Json(true)});
  return version;
}

}  // namespace

std::vector<ForeignVersion> read_dvc(const Repository& repository, const std::string& dvc_file) {
  const auto text = Beneath(repository.root()).read(dvc_file);
  if (!text) throw input_error("there is no \"" + printable(dvc_file) + "\"", "name a .dvc file");
  const Json file = to_json(parse_yaml(*text, dvc_file));
  const Json outs = file.is_object() ? file.value("outs", Json::array()) : Json::array();
  if (!outs.is_array() || outs.empty())
    throw input_error("\"" + printable(dvc_file) + "\" has no \"outs\": it is no file of dvc add").at(dvc_file, 1);
  std::string directory = split_path(dvc_file).first;
  if (const std::string wdir = text_or(file, "wdir"); !wdir.empty() && wdir != ".")
    directory = join_path(directory, wdir);
  const Cache cache(dvc_root(repository, dvc_file));
  std::vector<ForeignVersion> out;
  for (const auto& one : outs) out.push_back(version_of(cache, one, directory, dvc_file));
  return out;
}

}  // namespace mlops::data
