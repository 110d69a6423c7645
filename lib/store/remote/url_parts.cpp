#include "store/remote/url_parts.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"

namespace mlops::store {
namespace {

bool only(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
  });
}

}  // namespace

void refuse_credentials(std::string_view text) {
  if (text.find('@') != std::string_view::npos)
    throw usage_error(
        "a URL with credentials in it is refused: it would end in files and process lists",
        "leave them out; those of S3 come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from a profile");
}

std::string checked_origin(const std::string& text, const std::string& what) {
  refuse_credentials(text);
  std::string out = text;
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (out.ends_with('/')) out.pop_back();
  const Error wrong = usage_error(what + " is not http(s)://HOST or http(s)://HOST:PORT", "https://minio.example:9000");
  const bool tls = out.starts_with("https://");
  if (!tls && !out.starts_with("http://")) throw wrong;
  std::string host = out.substr(tls ? 8 : 7);
  const auto bracket = host.rfind(']'), colon = host.rfind(':');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    int port = 0;
    const auto [end, problem] = std::from_chars(host.data() + colon + 1, host.data() + host.size(), port);
    if (problem != std::errc() || end != host.data() + host.size() || port < 1 || port > 65535) throw wrong;
    if (port == (tls ? 443 : 80)) out.resize(out.size() - (host.size() - colon));
    host.resize(colon);
  }
  const bool six = host.size() > 4 && host.front() == '[' && host.back() == ']' &&
                   only(std::string_view(host).substr(1, host.size() - 2), ":.");
  if (!six && (host.empty() || host.size() > 253 || !only(host, ".-") || host.front() == '-' || host.front() == '.'))
    throw wrong;
  return out;
}

std::string checked_folder(std::string text) {
  while (!text.empty() && text.back() == '/') text.pop_back();
  if (text.empty()) return text;
  if (text.size() > 512) throw usage_error("the folder in an address has more than 512 characters");
  if (!only(text, "/-_.=+ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    throw usage_error("the folder in an address holds other characters than letters, digits, - _ . = + and /");
  for (const auto& part : split(text, '/'))
    if (part.empty() || part == "." || part == "..")
      throw usage_error("a part of the folder in an address can't be called \"" + part + "\"");
  return text;
}

}  // namespace mlops::store
