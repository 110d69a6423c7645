#include "web/response_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace mlops::web {
namespace {

// "Sun, 06 Nov 1994 08:49:37 GMT", made anew once a second.
const std::string& http_date() {
  thread_local std::time_t second = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now == second) return text;
  second = now;
  static constexpr const char* k_days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* k_months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm t{};
  gmtime_r(&now, &t);
  text = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", k_days[t.tm_wday], t.tm_mday, k_months[t.tm_mon],
                     t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
  return text;
}

}  // namespace

std::string response_head(const Response& response, const std::string& request_id, bool keep_alive, bool http_1_0) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Length: {}\r\n", response.status,
                                reason_phrase(response.status), http_date(),
                                response.stream ? response.stream_bytes : response.body.size());
  if (!response.content_type.empty()) out += "Content-Type: " + response.content_type + "\r\n";
  out += "X-Request-Id: " + (response.request_id.empty() ? request_id : response.request_id) + "\r\n";
  for (const auto& [name, value] : response.headers) out += name + ": " + value + "\r\n";
  out += "X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n";
  if (!keep_alive) out += "Connection: close\r\n";
  if (keep_alive && http_1_0) out += "Connection: keep-alive\r\n";
  return out + "\r\n";
}

bool harmless_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace mlops::web
