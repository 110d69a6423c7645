// Base64 (RFC 4648, with padding).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mlops::feature {

std::string to_base64(std::string_view bytes);
// nullopt: not base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace mlops::feature
