#include "web/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>

#include "base/text.h"
#include "web/encoding.h"
#include "web/guard.h"

namespace mlops::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

// A body up to this size is read before its request is refused, so that the connection can be kept.
constexpr std::uint64_t k_small_body = 1 << 20;
constexpr Micros k_never = INT64_MAX;
constexpr Micros k_linger = 3'000'000;
constexpr std::size_t k_compress_from = 1024;

// Not moved by changes of the clock.
Micros steady_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// "Sun, 06 Nov 1994 08:49:37 GMT", made anew once a second.
const std::string& http_date() {
  thread_local std::time_t second = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now == second) return text;
  second = now;
  static constexpr const char* k_days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* k_months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm t{};
  gmtime_r(&now, &t);
  text = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", k_days[t.tm_wday], t.tm_mday, k_months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
  return text;
}

// What a client calls its request may go into logs and headers: short and printable, or not at all.
bool harmless_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

class Connection;

}  // namespace

struct Server::Core {
  Core(ServerOptions given, std::vector<Route> routes)
      : options(std::move(given)), router(std::move(routes)), metrics(router.routes()), acceptor(asio::make_strand(io)), clock(acceptor.get_executor()) {}

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

namespace {

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
    static constexpr std::string_view k_answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
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
  using Parser = http::request_parser<http::string_body>;

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
  std::string head(const Response& response) const;
  void on_sent();
  void linger();
  void close();
  void release_body() {
    core_.body_bytes -= declared_;
    declared_ = 0;
  }
  Response refusal(int status, const std::string& text) const {
    return match_.route != nullptr ? match_.route->refuse(status, text) : json_error(status, text);
  }

  Core& core_;
  tcp::socket socket_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  bool header_seen_ = false, keep_alive_ = true, http_1_0_ = false, unread_ = false;
  std::uint64_t declared_ = 0;  // of the body, counted in core_.body_bytes
  std::atomic<Micros> deadline_{k_never};
  std::atomic<bool> idle_{true};
  Micros began_ = 0;
  Match match_;
  std::optional<Verdict> verdict_;
  Request request_;
  Coding coding_ = Coding::identity;
  std::string head_, body_;
};

void Connection::next_request() {
  parser_.emplace();
  parser_->header_limit(core_.options.header_bytes);
  parser_->body_limit(core_.options.body_bytes);
  header_seen_ = false;
  verdict_.reset();
  match_ = {};
  request_ = {};
  coding_ = Coding::identity;
  if (buffer_.size() == 0 && buffer_.capacity() > (64u << 10)) buffer_.shrink_to_fit();
  idle_ = buffer_.size() == 0;
  if (core_.stopping && idle_) return close();
  began_ = steady_micros();
  deadline_ = began_ + (idle_ ? core_.options.idle_time : core_.options.header_time);
  buffer_.size() > 0 ? advance() : read();
}

void Connection::read() {
  const std::size_t room = header_seen_ ? 256 * 1024 : 8 * 1024;
  socket_.async_read_some(buffer_.prepare(room), [self = shared_from_this()](const error_code& error, std::size_t count) {
    if (error) return self->close();
    self->buffer_.commit(count);
    if (self->idle_.exchange(false)) {
      self->began_ = steady_micros();
      self->deadline_ = self->began_ + self->core_.options.header_time;
    }
    self->advance();
  });
}

void Connection::advance() {
  error_code error;
  while (buffer_.size() > 0 && !parser_->is_done()) {
    buffer_.consume(parser_->put(buffer_.data(), error));
    if (error == http::error::need_more) break;
    if (error) return malformed(error);
    if (!header_seen_ && parser_->is_header_done()) {
      on_header();
      if (unread_) return;
    }
  }
  parser_->is_done() ? take_request() : read();
}

void Connection::on_header() {
  header_seen_ = true;
  parser_->eager(true);
  const auto& message = parser_->get();
  keep_alive_ = message.keep_alive();
  http_1_0_ = message.version() == 10;
  const std::uint64_t length = parser_->content_length().value_or(0);
  declared_ = length;
  core_.body_bytes += length;
  // Room for slow links: a mebibyte a second.
  deadline_ = steady_micros() + core_.options.body_time + static_cast<Micros>(length >> 20) * 1'000'000;
  verdict_ = check_header(message);
  const bool expects = !parser_->is_done() && message.find(http::field::expect) != message.end();
  if (verdict_ && (expects || parser_->chunked() || length > k_small_body)) return on_refused_header(*verdict_);
  if (expects && !http_1_0_) send_continue();
}

std::optional<Verdict> Connection::check_header(const Parser::value_type& message) {
  request_.method = std::string(message.method_string());
  request_.target = std::string(message.target());
  request_.received = now_micros();
  for (const auto& field : message) request_.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  const std::string_view id = request_.header("X-Request-Id");
  request_.id = harmless_id(id) ? std::string(id) : new_uuid();
  if (auto wrong = check_origin(request_.headers, http_1_0_, core_.options.allowed_hosts)) return wrong;
  match_ = core_.router.match(request_.method, request_.target);
  request_.parameters = std::move(match_.parameters);
  if (match_.status != 200) return Verdict{match_.status, std::string(reason_phrase(match_.status))};
  return check_body_headers();
}

std::optional<Verdict> Connection::check_body_headers() {
  if (auto wrong = check_content_type(request_.headers, *match_.route)) return wrong;
  const std::string_view transfer = request_.header("Transfer-Encoding");
  if (!transfer.empty() && !equal_names(transfer, "chunked")) return Verdict{501, "only the transfer encoding 'chunked' is supported"};
  const std::string_view expect = request_.header("Expect");
  if (!expect.empty() && !equal_names(expect, "100-continue")) return Verdict{417, "only the expectation '100-continue' is supported"};
  if (core_.body_bytes > core_.options.all_body_bytes) return Verdict{503, "too many large requests at once"};
  try {
    coding_ = request_coding(request_.header("Content-Encoding"));
  } catch (const Refusal& refusal) {
    return Verdict{refusal.status, refusal.message()};
  }
  return std::nullopt;
}

// The client's body stays unread, so the connection ends with this answer.
void Connection::on_refused_header(const Verdict& verdict) {
  unread_ = true;
  keep_alive_ = false;
  send(refusal(verdict.status, verdict.text));
}

void Connection::malformed(const error_code& error) {
  int status = 400;
  if (error == http::error::body_limit) status = 413;
  if (error == http::error::header_limit) status = 431;
  if (error == http::error::bad_version) status = 505;
  unread_ = true;
  keep_alive_ = false;
  if (request_.id.empty()) request_.id = new_uuid();
  if (request_.received == 0) request_.received = now_micros();
  send(refusal(status, status == 413 ? "the body is larger than " + show_size(core_.options.body_bytes)
                                     : fmt::format("the request is malformed: {}", error.message())));
}

void Connection::send_continue() {
  static constexpr std::string_view k_continue = "HTTP/1.1 100 Continue\r\n\r\n";
  error_code ignored;
  asio::write(socket_, asio::buffer(k_continue), ignored);  // 25 bytes into an empty socket buffer: does not wait
}

void Connection::take_request() {
  request_.body = std::move(parser_->get().body());
  deadline_ = k_never;
  core_.metrics.in_flight.fetch_add(1, std::memory_order_relaxed);
  if (verdict_ || match_.route == nullptr || match_.route->light) return send(answer());
  core_.dispatch(shared_from_this());
}

void Connection::run() {
  Response response = answer();
  core_.finished();
  send(std::move(response));
}

// A server's request boundary: whatever happens in a handler becomes an answer.
Response Connection::answer() {
  Response response;
  try {
    response = handle();
    compress(response);
  } catch (const Error& error) {
    response = refusal(status_of(error), error.message());
  } catch (const std::bad_alloc&) {
    response = refusal(503, "there is not enough memory for this request");
  } catch (const std::exception& error) {
    response = refusal(500, std::string("a fault in the server: ") + error.what());
  }
  core_.metrics.in_flight.fetch_sub(1, std::memory_order_relaxed);
  return response;
}

Response Connection::handle() {
  if (verdict_) return refusal(verdict_->status, verdict_->text);
  if (coding_ != Coding::identity) request_.body = decode(coding_, request_.body, core_.options.body_bytes);
  return match_.route->handler(request_);
}

void Connection::compress(Response& response) const {
  if (response.status != 200 || response.body.empty()) return;
  if (response.compress == Compress::large && response.body.size() < k_compress_from) return;
  const std::string_view accepted = request_.header("Accept-Encoding");
  const Coding coding = accepted.empty() ? Coding::identity : response_coding(accepted);
  if (coding == Coding::identity) return;
  response.body = encode(coding, response.body);
  response.headers.emplace_back("Content-Encoding", to_text(coding));
  response.headers.emplace_back("Vary", "Accept-Encoding");
}

std::string Connection::head(const Response& response) const {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Length: {}\r\n", response.status, reason_phrase(response.status),
                                http_date(), response.body.size());
  if (!response.content_type.empty()) out += "Content-Type: " + response.content_type + "\r\n";
  out += "X-Request-Id: " + (response.request_id.empty() ? request_.id : response.request_id) + "\r\n";
  for (const auto& [name, value] : response.headers) out += name + ": " + value + "\r\n";
  out += "X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n";
  if (!keep_alive_) out += "Connection: close\r\n";
  if (keep_alive_ && http_1_0_) out += "Connection: keep-alive\r\n";
  return out + "\r\n";
}

void Connection::send(Response response) {
  if (core_.stopping) keep_alive_ = false;
  release_body();
  request_.body = {};
  core_.metrics.count(core_.index_of(match_.route), response.status, std::max<Micros>(0, steady_micros() - began_));
  head_ = head(response);
  body_ = std::move(response.body);
  deadline_ = steady_micros() + core_.options.write_time + static_cast<Micros>(body_.size() >> 20) * 1'000'000;
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(head_), asio::buffer(body_)};
  asio::async_write(socket_, buffers, [self = shared_from_this()](const error_code& error, std::size_t) {
    error ? self->close() : self->on_sent();
  });
}

void Connection::on_sent() {
  body_ = {};
  if (keep_alive_) return next_request();
  unread_ ? linger() : close();
}

// Closing with bytes unread would reset the connection and lose the answer: lets the client send on for a moment.
void Connection::linger() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  deadline_ = steady_micros() + k_linger;
  buffer_.clear();
  struct Drain {
    std::shared_ptr<Connection> self;
    void operator()(const error_code& error, std::size_t) {
      if (error || self->overdue(steady_micros())) return self->close();
      self->socket_.async_read_some(self->buffer_.prepare(64 * 1024), *this);
    }
  };
  Drain{shared_from_this()}({}, 0);
}

void Connection::close() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

tcp::endpoint endpoint_of(const ServerOptions& options) {
  const bool v6 = options.host.find(':') != std::string::npos;
  error_code error;
  const auto address = asio::ip::make_address(v6 ? "::1" : equal_names(options.host, "localhost") ? "127.0.0.1" : options.host, error);
  if (error) throw usage_error("\"" + printable(options.host) + "\" is not an address of this machine", "127.0.0.1 is the default");
  return {address, options.port};
}

}  // namespace

void Server::Core::accept() {
  acceptor.async_accept(asio::make_strand(io), [this](const error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || stopping) return;
    if (error) {  // out of descriptors: wait for some to be closed
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      return accept();
    }
    auto connection = std::make_shared<Connection>(*this, std::move(socket));
    bool full = false;
    {
      const std::lock_guard lock(mutex);
      connections.insert(connection.get());
      full = connections.size() > options.connections;
      metrics.connections = static_cast<std::int64_t>(connections.size());
    }
    full ? connection->refuse_overload() : connection->start();
    accept();
  });
}

void Server::Core::gone(Connection* connection) {
  const std::lock_guard lock(mutex);
  connections.erase(connection);
  metrics.connections = static_cast<std::int64_t>(connections.size());
}

void Server::Core::dispatch(const std::shared_ptr<Connection>& connection) {
  {
    const std::lock_guard lock(mutex);
    if (busy >= workers) {
      waiting.push_back(connection);
      return;
    }
    ++busy;
  }
  connection->run();
}

void Server::Core::finished() {
  std::shared_ptr<Connection> next;
  {
    const std::lock_guard lock(mutex);
    if (waiting.empty()) {
      --busy;
      return;
    }
    next = std::move(waiting.front());
    waiting.pop_front();
  }
  next->run_queued();
}

// Twice a second: closes what has taken too long, and when stopping what is idle; ends when nothing is left.
void Server::Core::tick() {
  const Micros now = steady_micros();
  bool empty = false;
  {
    std::vector<std::shared_ptr<Connection>> due;
    const std::lock_guard lock(mutex);
    for (auto* connection : connections)
      if (connection->overdue(now) || now > stop_deadline || (stopping && connection->idle()))
        if (auto alive = connection->weak_from_this().lock()) due.push_back(std::move(alive));
    for (const auto& connection : due) connection->cancel();
    empty = connections.empty();
  }
  if (stopping && (empty || now > stop_deadline + 1'000'000)) return io.stop();
  clock.expires_after(std::chrono::milliseconds(stopping ? 20 : 500));
  clock.async_wait([this](const error_code& error) {
    if (!error || stopping) tick();
  });
}

// Handlers' own trouble ends in answer(); what comes here is one connection without memory, not the server's end.
void Server::Core::work() {
  while (!io.stopped()) {
    try {
      io.run();
    } catch (const std::exception&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

void Server::Core::begin_stop() {
  stop_deadline = steady_micros() + options.drain_time;
  stopping = true;
  error_code ignored;
  acceptor.close(ignored);
  clock.cancel();
}

Server::Server(ServerOptions options, std::vector<Route> routes) {
  if (!is_loopback(options.host))
    throw usage_error("the address \"" + printable(options.host) + "\" can be reached by others, and this server has no authentication yet",
                      "leave --host out (127.0.0.1) and put a proxy that asks for credentials in front");
  core_ = std::make_unique<Core>(std::move(options), std::move(routes));
  const unsigned processors = std::max(2u, std::thread::hardware_concurrency());
  core_->workers = core_->options.workers > 0 ? std::max(2u, core_->options.workers) : processors;
}

Server::~Server() = default;

void Server::listen() {
  const tcp::endpoint endpoint = endpoint_of(core_->options);
  error_code error;
  auto& acceptor = core_->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (error == asio::error::address_in_use)
    throw outside_error(fmt::format("port {} on {} is in use", core_->options.port, core_->options.host), "--port 0 takes a free one");
  if (!error) acceptor.listen(1024, error);
  if (error) throw outside_error(fmt::format("cannot listen on {}:{}: {}", core_->options.host, core_->options.port, error.message()));
}

std::uint16_t Server::port() const { return core_->acceptor.local_endpoint().port(); }

std::string Server::url() const {
  const auto address = core_->acceptor.local_endpoint().address();
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return fmt::format("http://{}:{}", host, port());
}

void Server::run(const std::stop_token& stop) {
  Core& core = *core_;
  const auto accepting = core.acceptor.get_executor();
  asio::post(accepting, [&core] {
    core.accept();
    core.tick();
  });
  const std::stop_callback on_stop(stop, [&core, accepting] { asio::post(accepting, [&core] { core.begin_stop(); }); });
  const auto guard = asio::make_work_guard(core.io);
  std::vector<std::thread> threads;
  // One more than may work: it goes on reading and answers what is light.
  for (unsigned i = 0; i < core.workers; ++i) threads.emplace_back([&core] { core.work(); });
  core.work();
  for (auto& thread : threads) thread.join();
}

const Metrics& Server::metrics() const { return core_->metrics; }

}  // namespace mlops::web
