// Keeps a page in somebody's browser from driving a server on this machine: an allow-list on Host, Origin and
// Sec-Fetch-Site for every method, and the protocol's own content types (design: threats S1.8).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "web/http.h"
#include "web/router.h"

namespace mlops::web {

// "localhost", 127.0.0.0/8, "::1" (with or without brackets).
bool is_loopback(std::string_view host);
// "example.org:8000" → "example.org"; "[::1]:8000" → "::1".
std::string_view host_of(std::string_view authority);

struct Verdict {
  int status;
  std::string text;
};

// What is wrong with a request's headers, before its body is read; nullopt: nothing.
std::optional<Verdict> check_origin(const Headers& headers, bool http_1_0,
                                    const std::vector<std::string>& allowed_hosts);
std::optional<Verdict> check_content_type(const Headers& headers, const Route& route);

// "Application/JSON; charset=utf-8" → "application/json".
std::string media_type(std::string_view content_type);

}  // namespace mlops::web
