#include "web/http.h"

#include <algorithm>

#include "base/hash.h"
#include "base/json.h"

namespace mlops::web {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

bool equal_names(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (equal_names(key, name)) return value;
  return {};
}

bool has_header(const Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& entry) { return equal_names(entry.first, name); });
}

Response json_response(std::string body) { return {200, "application/json", std::move(body)}; }

Response json_error(int status, const std::string& text) {
  return {status, "application/json", Json{{"error", text}}.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

Response text_response(int status, std::string text) { return {status, "text/plain; charset=utf-8", std::move(text)}; }

int status_of(const Error& error) {
  if (const auto* refusal = dynamic_cast<const Refusal*>(&error)) return refusal->status;
  switch (error.kind()) {
    case ErrorKind::usage:
    case ErrorKind::input:
      return 400;
    case ErrorKind::state:
      return 500;
    case ErrorKind::outside:
      return 502;
  }
  return 500;
}

std::string_view reason_phrase(int status) {
  static constexpr std::pair<int, std::string_view> k_phrases[] = {{200, "OK"},
                                                                   {201, "Created"},
                                                                   {202, "Accepted"},
                                                                   {204, "No Content"},
                                                                   {206, "Partial Content"},
                                                                   {307, "Temporary Redirect"},
                                                                   {400, "Bad Request"},
                                                                   {401, "Unauthorized"},
                                                                   {403, "Forbidden"},
                                                                   {404, "Not Found"},
                                                                   {405, "Method Not Allowed"},
                                                                   {408, "Request Timeout"},
                                                                   {409, "Conflict"},
                                                                   {413, "Content Too Large"},
                                                                   {415, "Unsupported Media Type"},
                                                                   {416, "Range Not Satisfiable"},
                                                                   {417, "Expectation Failed"},
                                                                   {422, "Unprocessable Entity"},
                                                                   {429, "Too Many Requests"},
                                                                   {431, "Request Header Fields Too Large"},
                                                                   {500, "Internal Server Error"},
                                                                   {501, "Not Implemented"},
                                                                   {502, "Bad Gateway"},
                                                                   {503, "Service Unavailable"},
                                                                   {504, "Gateway Timeout"},
                                                                   {505, "HTTP Version Not Supported"}};
  for (const auto& [code, phrase] : k_phrases)
    if (code == status) return phrase;
  return "Status";
}

std::string new_uuid() {
  std::string hex = random_hex(32);
  hex[12] = '4';
  hex[16] = "89ab"[(hex[16] <= '9' ? hex[16] - '0' : hex[16] - 'a' + 10) & 3];
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) + "-" +
         hex.substr(20);
}

}  // namespace mlops::web
