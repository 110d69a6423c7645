// The files of share/web, built into the binary (share/cmake/EmbedAssets.cmake).
#pragma once

#include <string_view>

namespace mlops::monitor {

// "" when there is no such file.
std::string_view asset(std::string_view name);

}  // namespace mlops::monitor
