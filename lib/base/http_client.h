// The one client for HTTP: small requests with limits on everything, no redirects, certificates checked. libcurl does
// it, in a module that is opened on first use.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace mlops {

struct HttpRequest {
  std::string method = "GET";  // GET or POST
  std::string url;             // http or https
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};                                   // of a POST
  Micros connect_time = 5'000'000;                      // to a connection
  Micros time = 15'000'000;                             // to the whole answer
  std::uint64_t answer_limit = std::uint64_t{1} << 20;  // bytes of the answer's body
  std::stop_token stop{};                               // ends it within about a second
};

struct HttpAnswer {
  int status = 0;  // redirects (3xx) are answers like others; nothing follows them
  std::string body{};
};

// Throws Error(outside) naming host and port, never user, password or query: no connection, a certificate that does not
// hold, too slow, too large, stopped; Error(input) for a URL that is none.
HttpAnswer send_http(const HttpRequest& request);

// The seam of the module "http".
class HttpLibrary {
 public:
  virtual ~HttpLibrary() = default;
  virtual HttpAnswer send(const HttpRequest& request) = 0;
};

}  // namespace mlops
