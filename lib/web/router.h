// The table of routes. Each declares who may use it, so that the table route × permission can be read off and a route
// nobody thought about keeps the server from starting (design: threats S1.4).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "web/http.h"

namespace mlops::web {

// What a caller must be allowed to do. `undeclared` is what a route has whose author forgot.
enum class Permission { undeclared, anyone, infer, read, write, administer };

struct Route {
  std::string method;   // "GET"
  std::string pattern;  // "/v2/models/{name}/infer": {…} is one part of the path; {…...} at the end is all the rest
  Permission permission = Permission::undeclared;
  std::function<Response(const Request&)> handler;
  // Media types of the body; empty: there is none to speak of. Without browser headers a missing type and curl's form
  // type pass too, unless `type_required`.
  std::vector<std::string> content_types{};
  bool type_required = false;
  // A directory: bodies from 256 KiB on go into a file there, and may be larger than memory (Request::spooled).
  std::string spool{};
  // Answered by the thread that reads, also when all workers are busy: for what takes microseconds.
  bool light = false;
  Response (*refuse)(int status,
                     const std::string& text) = json_error;  // shape of the errors that the server itself finds
};

struct Match {
  const Route* route = nullptr;
  int status = 200;  // else 400 (the path can't be decoded), 404, 405
  std::vector<std::string> parameters{};
};

class Router {
 public:
  // Throws Error(state) naming the first route without permission or handler.
  explicit Router(std::vector<Route> routes);
  [[nodiscard]] Match match(std::string_view method, std::string_view target) const;
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
  std::vector<std::vector<std::string>> patterns_;  // parts of each route's pattern
};

// One part of a path, percent-decoded once. False when it is malformed or, decoded, could mean something to a file
// system or to a second decoder: "..", backslash, control characters, what is not UTF-8, a remaining "%2e" or "%2f".
bool decode_part(std::string_view part, std::string& out);

}  // namespace mlops::web
