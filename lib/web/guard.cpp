#include "web/guard.h"

#include <algorithm>

#include "base/text.h"

namespace mlops::web {
namespace {

bool allowed(std::string_view authority, const std::vector<std::string>& hosts) {
  const std::string_view host = host_of(authority);
  return is_loopback(host) ||
         std::any_of(hosts.begin(), hosts.end(), [&](const auto& name) { return equal_names(name, host); });
}

// Such requests come from a browser, on behalf of some page.
bool from_browser(const Headers& headers) {
  return has_header(headers, "Origin") || has_header(headers, "Sec-Fetch-Site");
}

}  // namespace

bool is_loopback(std::string_view host) {
  if (equal_names(host, "localhost") || host == "::1" || host == "[::1]") return true;
  const auto parts = split(host, '.');
  if (parts.size() != 4 || parts[0] != "127") return false;
  return std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
    return !part.empty() && part.size() <= 3 && part.find_first_not_of("0123456789") == std::string::npos;
  });
}

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    return end == std::string_view::npos ? authority : authority.substr(1, end - 1);
  }
  return authority.substr(0, authority.find(':'));
}

std::optional<Verdict> check_origin(const Headers& headers, bool http_1_0,
                                    const std::vector<std::string>& allowed_hosts) {
  const auto hosts =
      std::count_if(headers.begin(), headers.end(), [](const auto& entry) { return equal_names(entry.first, "Host"); });
  const std::string_view host = header(headers, "Host");
  if (hosts > 1 || (hosts == 0 && !http_1_0)) return Verdict{400, "exactly one Host header is needed"};
  if (hosts == 1 && !allowed(host, allowed_hosts))
    return Verdict{403, "host '" + to_utf8(host.substr(0, 100)) + "' is not one of this server's names"};
  if (has_header(headers, "Origin")) {
    const std::string_view origin = header(headers, "Origin");
    if (!equal_names(origin, "http://" + std::string(host)) && !equal_names(origin, "https://" + std::string(host)))
      return Verdict{403, "requests from pages of another origin are refused"};
  }
  if (has_header(headers, "Sec-Fetch-Site")) {
    const std::string_view site = header(headers, "Sec-Fetch-Site");
    if (site != "same-origin" && site != "none") return Verdict{403, "requests from pages of another site are refused"};
  }
  return std::nullopt;
}

std::string media_type(std::string_view content_type) {
  std::string type(trim(content_type.substr(0, content_type.find(';'))));
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return type;
}

std::optional<Verdict> check_content_type(const Headers& headers, const Route& route) {
  if (route.content_types.empty()) return std::nullopt;
  const std::string type = media_type(header(headers, "Content-Type"));
  const bool strict = route.type_required || from_browser(headers);
  if (!strict && (type.empty() || type == "application/x-www-form-urlencoded")) return std::nullopt;
  if (std::find(route.content_types.begin(), route.content_types.end(), type) != route.content_types.end())
    return std::nullopt;
  return Verdict{415, "the content type '" + to_utf8(type.substr(0, 100)) + "' is not supported; use " +
                          join(route.content_types, " or ")};
}

}  // namespace mlops::web
