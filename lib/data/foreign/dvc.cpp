// DVC's own files: X.dvc (YAML) and .dir objects (JSON).
#include <fcntl.h>

#include <algorithm>
#include <climits>

#include "base/error.h"
#include "base/json.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "base/yaml.h"
#include "data/beneath.h"
#include "data/foreign/adopt.h"
#include "data/foreign/dvc_cache.h"
#include "store/tree.h"

namespace mlops::data {
namespace {

constexpr std::uint64_t k_directory_limit = 1 << 30;

bool is_md5(std::string_view text) {
  return text.size() == 32 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// A file of a directory: no deeper and with no longer names than a checkout can make.
void check_file(const std::string& path) {
  check_path(path);
  const auto parts = split(path, '/');
  if (parts.size() > store::k_deepest_tree)
    throw input_error("\"" + printable(path.substr(0, 60)) + "…\" has more than 512 directories below each other");
  for (const auto& part : parts)
    if (part.size() > NAME_MAX)
      throw input_error("\"" + printable(part.substr(0, 60)) + "…\" is longer than file names can be (255 bytes)");
}

bool is_true(const Json& entry, const char* key) { return entry.value(key, Json(false)) == Json(true); }

// The list of a directory's files.
std::string read_list(const fs::path& object, const std::string& md5, const std::string& path) {
  const Fd fd = open_file(object, O_RDONLY | O_NONBLOCK);
  hold_against_md5(fd.get(), object, md5, DvcCache::Naming::plain, path);
  return read_file(object, k_directory_limit);
}

std::vector<ForeignFile> files_of_directory(const DvcCache& cache, const fs::path& object, DvcCache::Naming naming,
                                            const std::string& text, const std::string& path) {
  const std::string name = object.string();
  std::vector<ForeignFile> out;
  const Json list = parse_json(text, name);
  if (!list.is_array()) throw state_error("\"" + printable(name) + "\" is no directory of DVC");
  for (const auto& entry : list) {
    const std::string md5 = text_or(entry, "md5"), below = text_or(entry, "relpath");
    if (!entry.is_object() || !is_md5(md5)) throw state_error("\"" + printable(name) + "\" is no directory of DVC");
    const std::string what = path + "/" + below;
    check_file(what);
    out.push_back({below, cache.find(md5, "", naming, what), is_true(entry, "isexec"),
                   [=](int fd, const fs::path& file) { hold_against_md5(fd, file, md5, naming, what); }});
  }
  return out;
}

std::optional<std::uint64_t> number_of(const Json& out, const char* key) {
  if (!out.contains(key) || !out[key].is_number_integer() || out[key].get<std::int64_t>() < 0) return std::nullopt;
  return out[key].get<std::uint64_t>();
}

// What has no md5 (of DVC 3, or of DVC 2, which says no `hash`) or no bytes in the cache.
void refuse_other_outputs(const Json& out, const std::string& path, const std::string& dvc_file) {
  const std::string shown = "\"" + printable(path) + "\"";
  if (out.value("cache", Json(true)) == Json(false))
    throw state_error(shown + " of \"" + printable(dvc_file) + "\" is kept in git, not in a cache of DVC",
                      "git rm --cached " + shell_path(path) + "   and then mlops data add " + shell_path(path));
  const std::string hash = text_or(out, "hash");
  if ((hash.empty() || hash == "md5") && is_md5(text_or(out, "md5").substr(0, 32))) return;
  const bool versioned = out.contains("files") || (!hash.empty() && hash != "md5");
  throw input_error("\"" + printable(dvc_file) + "\" names no md5 of " + shown,
                    versioned ? "its remote has the versions itself: dvc pull, then mlops data add " + shell_path(path)
                              : "dvc add makes such a file")
      .at(dvc_file, 1);
}

ForeignVersion version_of(const DvcCache& cache, const Json& out, const std::string& directory,
                          const std::string& dvc_file) {
  const std::string label = text_or(out, "md5");
  const std::string path = (fs::path(directory) / text_or(out, "path")).lexically_normal().string();
  refuse_other_outputs(out, path, dvc_file);
  check_path(path);
  const bool is_directory = label.ends_with(".dir");
  const std::string md5 = is_directory ? label.substr(0, label.size() - 4) : label;
  if (!is_md5(md5)) throw input_error("\"" + printable(dvc_file) + "\" names no md5 of \"" + printable(path) + "\"");
  const auto naming = text_or(out, "hash") == "md5" ? DvcCache::Naming::plain : DvcCache::Naming::line_feeds;
  const fs::path object = cache.find(md5, is_directory ? ".dir" : "", naming, path);
  ForeignVersion version{path, {}, number_of(out, "size"), {}, "md5 " + label, dvc_file, {}};
  if (!is_directory) {
    version.files.push_back({"", object, is_true(out, "isexec"),
                             [=](int fd, const fs::path& file) { hold_against_md5(fd, file, md5, naming, path); }});
    return version;
  }
  version.count = number_of(out, "nfiles");
  version.files = files_of_directory(cache, object, naming, read_list(object, md5, path), path);
  return version;
}

// What dvc would still know: where an import came from, and what people noted.
std::vector<std::string> left_behind(const Json& file, const Json& out) {
  std::vector<std::string> names;
  for (const char* key : {"deps", "desc", "meta"})
    if (file.contains(key)) names.emplace_back(key);
  for (const char* key : {"desc", "meta", "labels"})
    if (out.contains(key) && std::find(names.begin(), names.end(), key) == names.end()) names.emplace_back(key);
  return names;
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
    directory = (fs::path(directory) / wdir).lexically_normal().string();
  const DvcCache cache(repository, dvc_file);
  std::vector<ForeignVersion> out;
  for (const auto& one : outs) {
    out.push_back(version_of(cache, one.is_object() ? one : Json::object(), directory, dvc_file));
    out.back().left_behind = left_behind(file, one);
  }
  return out;
}

}  // namespace mlops::data
