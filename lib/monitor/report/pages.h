// The pages that a report can be.
#pragma once

#include <string>

#include "base/json.h"

namespace mlops::monitor {

std::string drift_page(const Json& result);
std::string profile_page(const Json& profile);
std::string performance_page(const Json& result);

// Parts of both.
std::string top_bar(const std::string& what);  // what this is, and the switch of light and dark
std::string next_command(const std::string& words, const std::string& command);  // with a button that copies it
std::string anchor(std::size_t column);                                          // "c12": names are no identifiers

}  // namespace mlops::monitor
