#include "web/router.h"

#include "base/text.h"

namespace mlops::web {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool harmless(std::string_view text) {
  if (text == "." || text == ".." || !is_utf8(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f || byte == '\\') return false;
    if (byte == '%' && (equal_names(text.substr(i, 3), "%2e") || equal_names(text.substr(i, 3), "%2f"))) return false;
  }
  return true;
}

bool takes_rest(const std::vector<std::string>& pattern) { return pattern.back().ends_with("...}"); }

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& parts) {
  const bool rest = takes_rest(pattern);
  if (rest ? parts.size() < pattern.size() : pattern.size() != parts.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool any = pattern[i].starts_with('{');
    if (any ? parts[i].empty() : pattern[i] != parts[i]) return false;
  }
  return true;
}

}  // namespace

bool decode_part(std::string_view part, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] != '%') {
      out.push_back(part[i]);
      continue;
    }
    const int high = i + 2 < part.size() ? hex_digit(part[i + 1]) : -1;
    const int low = i + 2 < part.size() ? hex_digit(part[i + 2]) : -1;
    if (high < 0 || low < 0) return false;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return harmless(out);
}

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  for (const auto& route : routes_) {
    if (route.permission == Permission::undeclared || !route.handler)
      throw state_error("the route " + route.method + " " + route.pattern +
                        " declares no permission or has no handler: the server does not start");
    patterns_.push_back(split(route.pattern, '/'));
  }
}

Match Router::match(std::string_view method, std::string_view target) const {
  const std::string_view path = target.substr(0, target.find('?'));
  if (!path.starts_with('/')) return {nullptr, 400};
  std::vector<std::string> parts = split(path, '/');
  std::string decoded;
  for (auto& part : parts) {
    if (!decode_part(part, decoded)) return {nullptr, 400};
    part = decoded;
  }
  bool other_method = false;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (!matches(patterns_[i], parts)) continue;
    if (routes_[i].method != method) {
      other_method = true;
      continue;
    }
    Match out{&routes_[i]};
    for (std::size_t k = 0; k < patterns_[i].size(); ++k)
      if (patterns_[i][k].starts_with('{')) out.parameters.push_back(std::move(parts[k]));
    if (takes_rest(patterns_[i]))
      for (std::size_t k = patterns_[i].size(); k < parts.size(); ++k) out.parameters.back() += "/" + parts[k];
    return out;
  }
  return {nullptr, other_method ? 405 : 404};
}

}  // namespace mlops::web
