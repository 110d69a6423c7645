// A model version as --json shows it.
#pragma once

#include "register/models.h"

namespace mlops {

Json to_json(const registry::ModelVersion& version, const std::vector<std::string>& aliases);
std::vector<std::string> alias_names(const std::map<std::string, std::int64_t>& aliases, std::int64_t number);

}  // namespace mlops
