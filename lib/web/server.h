// An HTTP/1.1 server on Boost.Beast's parser: one table of routes, workers beside the thread that reads, limits on
// everything that a client can make large or slow, metrics, and an end that lets requests in progress finish.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "web/metrics.h"
#include "web/router.h"

namespace mlops::web {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;                  // 0 = a free one
  std::vector<std::string> allowed_hosts;  // names besides the loopback ones that clients may use in Host
  unsigned workers = 0;                    // requests worked on at a time; 0 = by the processors, at least 2
  std::size_t connections = 1024;
  std::uint32_t header_bytes = 16 * 1024;
  std::uint64_t body_bytes = std::uint64_t{128} << 20;    // decoded, of one request
  std::uint64_t spool_bytes = std::uint64_t{1} << 40;     // of one request whose route spools
  std::uint64_t all_body_bytes = std::uint64_t{1} << 30;  // declared, of all requests in progress
  Micros header_time = 10'000'000;                        // from a request's first byte
  Micros body_time = 60'000'000;
  Micros write_time = 60'000'000;
  Micros idle_time = 75'000'000;
  Micros drain_time = 30'000'000;  // for requests in progress when the end is asked for
  Response (*refuse)(int status, const std::string& text) = json_error;  // shape of the errors where no route matched
};

class Server {
 public:
  // Throws Error(usage) for an address that others can reach, as there is no authentication yet, and Error(state) for a
  // route that declares no permission.
  Server(ServerOptions options, std::vector<Route> routes);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Takes the port; clients may connect from now on and wait. Throws Error(outside) when it is in use.
  void listen();
  [[nodiscard]] int descriptor() const;  // of the socket that listens, to wait for the first client
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string url() const;  // "http://127.0.0.1:8000"
  // Answers until `stop`, then finishes what is in progress and returns.
  void run(const std::stop_token& stop);
  [[nodiscard]] const Metrics& metrics() const;

  struct Core;  // private to server.cpp

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace mlops::web
