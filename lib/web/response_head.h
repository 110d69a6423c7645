// The first lines of an answer.
#pragma once

#include <string>
#include <string_view>

#include "web/http.h"

namespace mlops::web {

// Status line and headers, with the empty line. `request_id` stands where the response has none of its own.
std::string response_head(const Response& response, const std::string& request_id, bool keep_alive, bool http_1_0);

// What a client calls its request may go into logs and headers: short and visible ASCII, or not at all.
bool harmless_id(std::string_view id);

}  // namespace mlops::web
