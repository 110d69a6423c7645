// The one client for HTTP: requests with limits on everything, no redirects, certificates checked. libcurl does it, in
// a module that is opened on first use. Connections are kept open between requests; any number of threads may ask at
// once.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace mlops {

// Bytes of an open file, which stays the caller's; its position is left alone, so that threads may share it.
struct HttpFile {
  int descriptor = -1;  // -1 = none
  std::uint64_t offset = 0, length = 0;
};

struct HttpRequest {
  std::string method = "GET";  // GET, HEAD, PUT, DELETE or POST
  std::string url;             // http or https
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};                                   // of a PUT or POST
  HttpFile file{};                                      // the same, in place of `body`
  Micros connect_time = 5'000'000;                      // to a connection
  Micros time = 15'000'000;                             // to the whole answer; 0 = as long as it takes
  Micros idle_time = 0;                                 // that nearly nothing moves; 0 = any
  std::uint64_t answer_limit = std::uint64_t{1} << 20;  // bytes of the answer's body
  // An open file that takes the body of an answer of status 200 instead, from its beginning on, up to `length` bytes.
  // What was tried and lost may be left in it.
  HttpFile output{};
  std::string ca_file{};   // certificates that are trusted (PEM) in place of the system's
  std::stop_token stop{};  // ends it within about a second
};

// Why there is no answer. too_large: its body is; too_many_headers: they are too many, or too long.
enum class HttpProblem { none, unreachable, untrusted, lost, too_large, too_many_headers, stopped };

struct HttpAnswer {
  int status = 0;  // redirects (3xx) are answers like others; nothing follows them
  std::string body{};
  std::uint64_t written = 0;                                   // bytes of the body that went into `output`
  std::vector<std::pair<std::string, std::string>> headers{};  // names in lower case
  HttpProblem problem = HttpProblem::none;
  std::string sentence{};  // of a problem; names host and port, never user, password, path or query

  // The value of a header, "" where there is none.
  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
};

// Problems are told in the answer, but Error(outside) is thrown where `output` can't be written. A name that leads to a
// link-local address is unreachable: those must be written as addresses. Throws Error(input) for a URL that is none.
HttpAnswer ask_http(const HttpRequest& request);
// The same; a problem is an Error(outside) of that sentence.
HttpAnswer send_http(const HttpRequest& request);

// The seam of the module "http".
class HttpLibrary {
 public:
  virtual ~HttpLibrary() = default;
  virtual HttpAnswer ask(const HttpRequest& request) = 0;
};

}  // namespace mlops
