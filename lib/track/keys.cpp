#include "track/keys.h"

#include <fmt/format.h>

#include "base/text.h"
#include "store/tree.h"
#include "track/api_error.h"
#include "web/http.h"

namespace mlops::track {
namespace {

constexpr std::string_view k_scheme = "mlflow-artifacts:";

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool ascii_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool key_character(char c) {
  return ascii_word(c) || c == '/' || c == '-' || c == '.' || c == ' ' || c == ':' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool normal_path(std::string_view path) {
  for (const auto& part : split(path, '/'))
    if (part.empty() || part == "." || part == "..") return false;
  return true;
}

std::string shown(std::string_view text) { return printable(to_utf8(text.substr(0, 100))); }

// What a second decoder would make of it must be harmless too.
bool hides_something(std::string_view text) {
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    if (text[i] != '%') continue;
    const std::string_view code = text.substr(i, 3);
    for (const std::string_view bad : {"%2e", "%2f", "%5c", "%25", "%00", "%23", "%c0", "%u0"})
      if (web::equal_names(code, bad)) return true;
  }
  return false;
}

}  // namespace

void check_length(std::string_view text, std::size_t most, const char* what) {
  if (characters(text) > most) throw invalid(fmt::format("{} has more than {} characters", what, most));
}

void check_key(std::string_view key, const char* what) {
  if (key.empty()) throw invalid(fmt::format("the name of a {} is missing", what));
  if (characters(key) > k_key_bytes)
    throw invalid(fmt::format("the name of a {} has more than {} characters: {}", what, k_key_bytes, shown(key)));
  if (!is_utf8(key) || !std::all_of(key.begin(), key.end(), key_character))
    throw invalid(fmt::format("\"{}\" can't be the name of a {}: letters, digits, _ - . / : and blanks are allowed",
                              shown(key), what));
  if (!normal_path(key))
    throw invalid(fmt::format("\"{}\" can't be the name of a {}: as a path it is not normal", shown(key), what));
}

std::string cut(std::string_view text, std::size_t most) {
  std::size_t count = 0, at = 0;
  for (; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xc0) != 0x80 && ++count > most) break;
  return std::string(text.substr(0, at));
}

void check_experiment_name(std::string_view name) {
  if (trim(name).empty()) throw invalid("the name of an experiment is missing");
  check_length(name, 500, "the name of an experiment");
}

void check_model_name(std::string_view name) {
  if (trim(name).empty() || name == "." || name == "..")
    throw invalid(fmt::format("\"{}\" can't be the name of a registered model", shown(name)));
  if (name.find_first_of("/:") != std::string_view::npos)
    throw invalid(fmt::format("\"{}\" can't be the name of a registered model: / and : are not allowed", shown(name)));
  check_length(name, 256, "the name of a registered model");
}

void check_logged_model_name(std::string_view name) {
  if (name.empty() || name.find_first_of("/:.%\"'") != std::string_view::npos)
    throw invalid(fmt::format("\"{}\" can't be the name of a logged model: it must not be empty nor hold / : . % \" '",
                              shown(name)));
}

void check_alias(std::string_view alias) {
  const bool word =
      !alias.empty() && alias.size() <= 255 && is_utf8(alias) && std::all_of(alias.begin(), alias.end(), [](char c) {
        return ascii_word(c) || c == '-' || static_cast<unsigned char>(c) >= 0x80;
      });
  if (!word)
    throw invalid(fmt::format("\"{}\" can't be an alias: letters, digits, _ and -, at most 255", shown(alias)));
  const bool number = (alias[0] == 'v' || alias[0] == 'V') && alias.size() > 1 &&
                      alias.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (web::equal_names(alias, "latest") || number)
    throw invalid(fmt::format("the alias \"{}\" is reserved", shown(alias)));
}

std::string stage_of(std::string_view text) {
  for (const char* stage : {"None", "Staging", "Production", "Archived"})
    if (web::equal_names(text, stage)) return stage;
  throw invalid(fmt::format("\"{}\" is not a stage; there are None, Staging, Production and Archived", shown(text)));
}

std::string artifact_path(std::string_view text) {
  std::string path(text);
  while (path.ends_with('/')) path.pop_back();
  if (path.empty()) throw invalid("the path of an artifact is missing");
  if (path.size() > 4096 || !is_utf8(path) || hides_something(path))
    throw invalid(fmt::format("\"{}\" can't be the path of an artifact", shown(path)));
  for (const char c : path)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\' || c == '#')
      throw invalid(fmt::format("\"{}\" can't be the path of an artifact", shown(path)));
  for (const auto& part : split(path, '/'))
    if (!store::valid_name(part) || part.size() > 255)
      throw invalid(fmt::format("\"{}\" can't be the path of an artifact", shown(path)));
  const bool drive = path.size() > 1 && path[1] == ':';
  if (drive) throw invalid(fmt::format("\"{}\" can't be the path of an artifact", shown(path)));
  return path;
}

bool proxied(std::string_view uri) { return uri.starts_with(k_scheme); }

std::string proxied_path(std::string_view uri) {
  if (!proxied(uri)) throw invalid(fmt::format("\"{}\" is not a place of this server", shown(uri)));
  uri.remove_prefix(k_scheme.size());
  if (uri.starts_with("//")) {  // mlflow-artifacts://HOST/PATH
    const auto slash = uri.find('/', 2);
    uri = slash == std::string_view::npos ? std::string_view() : uri.substr(slash);
  }
  while (uri.starts_with('/')) uri.remove_prefix(1);
  return artifact_path(uri);
}

}  // namespace mlops::track
