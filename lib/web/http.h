// Requests and responses as values. Handlers are plain functions from one to the other; they never see a socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace mlops::web {

struct SpooledBody;  // spool.h

using Headers = std::vector<std::pair<std::string, std::string>>;

// The first value of a header, its name in any letter case; "" when it is absent. `has_header` tells the two apart.
std::string_view header(const Headers& headers, std::string_view name);
bool has_header(const Headers& headers, std::string_view name);
bool equal_names(std::string_view a, std::string_view b);  // ASCII letters in any case

struct Request {
  std::string method;
  std::string target;                   // as sent
  std::vector<std::string> parameters;  // the parts of the path that the route names, decoded, in order
  Headers headers;
  std::string body;                        // decoded
  std::shared_ptr<SpooledBody> spooled{};  // the body instead, where the route spools and it is large
  std::string id;                          // X-Request-Id of the client where it is harmless, else a new UUID
  Micros received = 0;

  [[nodiscard]] std::string_view header(std::string_view name) const { return web::header(headers, name); }
};

// When an answer is compressed for a client that accepts it.
enum class Compress { large, always };

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  Headers headers{};
  std::string request_id{};  // empty: the request's
  Compress compress = Compress::large;
  // What is too large for `body`: called for the next piece from an offset until `stream_bytes` have been sent.
  std::function<std::string(std::uint64_t offset)> stream{};
  std::uint64_t stream_bytes = 0;
};

Response json_response(std::string body);
// {"error": TEXT}
Response json_error(int status, const std::string& text);
Response text_response(int status, std::string text);

// Thrown by a handler to answer with a certain status; other Errors are 400 (usage, input), 500 or 502 by their kind.
struct Refusal : Error {
  Refusal(int http_status, std::string text)
      : Error(http_status < 500 ? ErrorKind::input : ErrorKind::state, std::move(text)), status(http_status) {}
  int status;
};
int status_of(const Error& error);

std::string_view reason_phrase(int status);
// A random UUID, version 4 (RFC 9562).
std::string new_uuid();

}  // namespace mlops::web
