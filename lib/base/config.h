// Configuration: the first that speaks wins — MLOPS_* variable, .mlops/config.local.yaml, .mlops/config.yaml, the
// user's file, the machine's file (flags are the command's own business). Keys are dotted: "store.link".
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mlops {

class Config {
 public:
  // `state_directory` is .mlops of a repository, or empty. A file that is not there counts as empty. Keys that name
  // programs, credentials or trust are ignored in a repository's files; `warnings()` names them.
  static Config load(const std::filesystem::path& state_directory);

  // "store.link" is asked as MLOPS_STORE_LINK, then in the files.
  [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
  // All texts of a list, only from the user's and the machine's file.
  [[nodiscard]] std::vector<std::string> trusted_list(std::string_view key) const;
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Layer {
    Json values;
    bool trusted = false;
  };
  void add(const std::filesystem::path& file, bool trusted);
  std::vector<Layer> layers_;
  std::vector<std::string> warnings_;
};

// ~/.config/mlops (XDG_CONFIG_HOME counts).
std::filesystem::path user_config_directory();

}  // namespace mlops
