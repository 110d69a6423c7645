// Private to the server: what its connections share, and one connection from its first byte to its last.
#pragma once

#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>

#include "web/encoding.h"
#include "web/guard.h"
#include "web/incoming.h"
#include "web/server.h"

namespace mlops::web {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

inline constexpr Micros k_never = INT64_MAX;
// Not moved by changes of the clock.
Micros steady_micros();

class Connection;

struct Server::Core {
  Core(ServerOptions given, std::vector<Route> routes)
      : options(std::move(given)),
        router(std::move(routes)),
        metrics(router.routes()),
        acceptor(asio::make_strand(io)),
        clock(acceptor.get_executor()) {}

  void accept();
  void tick();
  void begin_stop();
  void work();
  void gone(Connection* connection);
  // Runs `connection`'s request now, or when a worker is free.
  void dispatch(const std::shared_ptr<Connection>& connection);
  void finished();
  [[nodiscard]] std::size_t index_of(const Route* route) const {
    return route == nullptr ? router.routes().size() : static_cast<std::size_t>(route - router.routes().data());
  }

  ServerOptions options;
  Router router;
  Metrics metrics;
  std::atomic<bool> stopping{false};
  std::atomic<Micros> stop_deadline{INT64_MAX};
  std::atomic<std::uint64_t> body_bytes{0};
  std::mutex mutex;  // guards connections, waiting and busy
  std::unordered_set<Connection*> connections;
  unsigned busy = 0, workers = 2;
  asio::io_context io;  // its end drops the last connections, which tell the members above
  tcp::acceptor acceptor;
  asio::steady_timer clock;  // runs with the acceptor, one at a time
  std::deque<std::shared_ptr<Connection>> waiting;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Core = Server::Core;
  Connection(Core& core, tcp::socket socket) : core_(core), socket_(std::move(socket)) {}
  ~Connection() {
    release_body();
    core_.gone(this);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] { self->next_request(); });
  }
  void refuse_overload() {
    error_code ignored;
    static constexpr std::string_view k_answer =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    socket_.write_some(asio::buffer(k_answer), ignored);
  }
  // From the clock's thread.
  [[nodiscard]] bool overdue(Micros now) const { return now > deadline_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool idle() const { return idle_.load(std::memory_order_relaxed); }
  void cancel() {
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      const Micros now = steady_micros();
      if (self->idle() || self->overdue(now) || now > self->core_.stop_deadline) self->close();
    });
  }
  void run_queued() {
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->run(); });
  }
  void run();

 private:
  using Parser = http::request_parser<SpoolBody>;

  void next_request();
  void read();
  void advance();
  void on_header();
  std::optional<Verdict> check_header(const Parser::value_type& message);
  std::optional<Verdict> check_body_headers();
  void on_refused_header(const Verdict& verdict);
  void malformed(const error_code& error);
  void take_request();
  void send_continue();
  Response answer();
  Response handle();
  void compress(Response& response) const;
  void send(Response response);
  void on_sent();
  void send_piece();
  void linger();
  void close();
  void release_body() {
    core_.body_bytes -= declared_;
    declared_ = 0;
  }
  Response refusal(int status, const std::string& text) const {
    return match_.route != nullptr ? match_.route->refuse(status, text) : core_.options.refuse(status, text);
  }

  Core& core_;
  tcp::socket socket_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  bool header_seen_ = false, keep_alive_ = true, http_1_0_ = false, unread_ = false, large_ = false;
  std::uint64_t declared_ = 0;  // of the body, counted in core_.body_bytes
  std::atomic<Micros> deadline_{k_never};
  std::atomic<bool> idle_{true};
  Micros began_ = 0;
  Match match_;
  std::optional<Verdict> verdict_;
  Request request_;
  Coding coding_ = Coding::identity;
  std::string head_, body_;
  Response streaming_;
  std::uint64_t streamed_ = 0;
};

}  // namespace mlops::web
