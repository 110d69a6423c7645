#include "base/config.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"

namespace mlops {
namespace {

// First words of keys that name programs, credentials or trust.
constexpr std::array<std::string_view, 6> k_personal{"trust", "credentials", "operators", "program", "ssh", "webhooks"};

// Likewise, below a word that others share.
constexpr std::array<std::string_view, 2> k_personal_below{"monitor.webhooks", "monitor.exec"};

bool personal(std::string_view key) {
  const auto first = key.substr(0, key.find('.'));
  return std::find(k_personal.begin(), k_personal.end(), first) != k_personal.end();
}

const Json* look_up(const Json& values, std::string_view key) {
  const Json* at = &values;
  for (const auto& part : split(key, '.')) {
    if (!at->is_object() || !at->contains(part)) return nullptr;
    at = &(*at)[part];
  }
  return at;
}

std::string variable(std::string_view key) {
  std::string name = "MLOPS_";
  for (const char c : key) name.push_back(c == '.' || c == '-' ? '_' : static_cast<char>(std::toupper(c)));
  return name;
}

std::string as_text(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

}  // namespace

std::filesystem::path user_config_directory() {
  if (const char* xdg = std::getenv("XDG_CONFIG_HOME"); xdg != nullptr && *xdg == '/') return fs::path(xdg) / "mlops";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') return fs::path(home) / ".config/mlops";
  // Never below the directory at hand, which may be anybody's.
  std::array<char, 16384> buffer{};
  passwd entry{}, *found = nullptr;
  const bool known = ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  return fs::path(known && *entry.pw_dir == '/' ? entry.pw_dir : "/") / ".config/mlops";
}

Config Config::load(const std::filesystem::path& state_directory) {
  Config config;
  if (!state_directory.empty()) {
    config.add(state_directory / "config.local.yaml", false);
    config.add(state_directory / "config.yaml", false);
  }
  config.add(user_config_directory() / "config.yaml", true);
  config.add("/etc/mlops/config.yaml", true);
  return config;
}

void Config::add(const std::filesystem::path& file, bool trusted) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return;
  const YamlNode root = parse_yaml(read_file(file, 1 << 20), file.string());
  if (root.is_null()) return;
  if (!root.is_map()) throw input_error(file.string() + " is not a map of keys").at(file.string(), root.line);
  Json values = to_json(root);
  if (!trusted)
    for (const auto& [key, value] : root.members)
      if (personal(key.text)) {
        values.erase(key.text);
        warnings_.push_back("\"" + printable(key.text) + "\" in " + file.string() +
                            " is ignored: it counts only in your own configuration");
      }
  if (!trusted)
    for (const auto key : k_personal_below) {
      const auto dot = key.find('.');
      const std::string first(key.substr(0, dot)), second(key.substr(dot + 1));
      if (!values.contains(first) || !values[first].is_object() || values[first].erase(second) == 0) continue;
      warnings_.push_back("\"" + std::string(key) + "\" in " + file.string() +
                          " is ignored: it counts only in your own configuration");
    }
  layers_.push_back({std::move(values), trusted});
}

std::optional<std::string> Config::text(std::string_view key) const {
  if (const char* set = std::getenv(variable(key).c_str()); set != nullptr) return set;
  for (const auto& layer : layers_)
    if (const Json* value = look_up(layer.values, key); value != nullptr && !value->is_null()) return as_text(*value);
  return std::nullopt;
}

std::vector<std::string> Config::trusted_list(std::string_view key) const {
  std::vector<std::string> out;
  for (const auto& layer : layers_) {
    const Json* value = layer.trusted ? look_up(layer.values, key) : nullptr;
    if (value == nullptr) continue;
    if (value->is_array())
      for (const auto& item : *value) out.push_back(as_text(item));
    else
      out.push_back(as_text(*value));
  }
  return out;
}

}  // namespace mlops
