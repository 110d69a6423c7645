#include "web/connection.h"

#include <fmt/format.h>
#include <malloc.h>

#include <array>
#include <chrono>
#include <utility>

#include "base/text.h"
#include "web/response_head.h"

namespace mlops::web {
namespace {

// A body up to this size is read before its request is refused, so that the connection can be kept.
constexpr std::uint64_t k_small_body = 1 << 20;
constexpr Micros k_linger = 3'000'000;
constexpr std::size_t k_compress_from = 1024;
constexpr std::size_t k_large = std::size_t{16} << 20;

}  // namespace

Micros steady_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void Connection::next_request() {
  parser_.emplace();
  parser_->header_limit(core_.options.header_bytes);
  parser_->body_limit(boost::none);  // set when the route is known
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
  socket_.async_read_some(buffer_.prepare(room),
                          [self = shared_from_this()](const error_code& error, std::size_t count) {
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
  // Room for slow links: a mebibyte a second.
  deadline_ = steady_micros() + core_.options.body_time + static_cast<Micros>(length >> 20) * 1'000'000;
  verdict_ = check_header(message);
  const bool spools = match_.route != nullptr && !match_.route->spool.empty();
  const std::uint64_t limit = spools ? core_.options.spool_bytes : core_.options.body_bytes;
  if (spools) parser_->get().body().spool = match_.route->spool;
  if (parser_->chunked()) parser_->body_limit(limit);
  const bool expects = !parser_->is_done() && message.find(http::field::expect) != message.end();
  if (verdict_ && (expects || parser_->chunked() || length > k_small_body)) return on_refused_header(*verdict_);
  if (expects && !http_1_0_) send_continue();
}

std::optional<Verdict> Connection::check_header(const Parser::value_type& message) {
  request_.method = std::string(message.method_string());
  request_.target = std::string(message.target());
  request_.received = now_micros();
  for (const auto& field : message)
    request_.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
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
  if (!transfer.empty() && !equal_names(transfer, "chunked"))
    return Verdict{501, "only the transfer encoding 'chunked' is supported"};
  const std::uint64_t length = parser_->content_length().value_or(0);
  const std::uint64_t limit = match_.route->spool.empty() ? core_.options.body_bytes : core_.options.spool_bytes;
  if (length > limit) return Verdict{413, "the body is larger than " + show_size(limit)};
  if (match_.route->spool.empty()) {
    declared_ = length;
    core_.body_bytes += declared_;
  }
  const std::string_view expect = request_.header("Expect");
  if (!expect.empty() && !equal_names(expect, "100-continue"))
    return Verdict{417, "only the expectation '100-continue' is supported"};
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
  if (error == boost::system::errc::no_space_on_device) status = 503;
  if (error == http::error::bad_version) status = 505;
  unread_ = true;
  keep_alive_ = false;
  if (request_.id.empty()) request_.id = new_uuid();
  if (request_.received == 0) request_.received = now_micros();
  send(refusal(status, status == 413   ? "the body is larger than " + show_size(core_.options.body_bytes)
                       : status == 503 ? "there is no room for this body"
                                       : fmt::format("the request is malformed: {}", error.message())));
}

void Connection::send_continue() {
  static constexpr std::string_view k_continue = "HTTP/1.1 100 Continue\r\n\r\n";
  error_code ignored;
  asio::write(socket_, asio::buffer(k_continue), ignored);  // 25 bytes into an empty socket buffer: does not wait
}

void Connection::take_request() {
  request_.body = std::move(parser_->get().body().text);
  request_.spooled = std::move(parser_->get().body().file);
  large_ = request_.body.size() > k_large || request_.spooled != nullptr;
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
  if (coding_ != Coding::identity && request_.spooled != nullptr)
    return refusal(415, "a body of this size can't be sent compressed");
  if (coding_ != Coding::identity) request_.body = decode(coding_, request_.body, core_.options.body_bytes);
  return match_.route->handler(request_);
}

void Connection::compress(Response& response) const {
  if (response.status != 200 || response.body.empty() || response.stream) return;
  if (response.compress == Compress::large && response.body.size() < k_compress_from) return;
  const std::string_view accepted = request_.header("Accept-Encoding");
  const Coding coding = accepted.empty() ? Coding::identity : response_coding(accepted);
  if (coding == Coding::identity) return;
  response.body = encode(coding, response.body);
  response.headers.emplace_back("Content-Encoding", to_text(coding));
  response.headers.emplace_back("Vary", "Accept-Encoding");
}

void Connection::send(Response response) {
  if (core_.stopping) keep_alive_ = false;
  release_body();
  request_.body = {};
  request_.spooled.reset();
  core_.metrics.count(core_.index_of(match_.route), response.status, std::max<Micros>(0, steady_micros() - began_));
  head_ = response_head(response, request_.id, keep_alive_, http_1_0_);
  body_ = std::move(response.body);
  deadline_ = steady_micros() + core_.options.write_time + static_cast<Micros>(body_.size() >> 20) * 1'000'000;
  if (response.stream) {
    streaming_ = std::move(response);
    streamed_ = 0;
    asio::async_write(socket_, asio::buffer(head_), [self = shared_from_this()](const error_code& error, std::size_t) {
      error ? self->close() : self->send_piece();
    });
    return;
  }
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(head_), asio::buffer(body_)};
  asio::async_write(socket_, buffers, [self = shared_from_this()](const error_code& error, std::size_t) {
    error ? self->close() : self->on_sent();
  });
}

// The head is sent: what fails from now on can only cut the connection.
void Connection::send_piece() {
  if (streamed_ >= streaming_.stream_bytes) {
    streaming_ = {};
    return on_sent();
  }
  try {
    body_ = streaming_.stream(streamed_);
  } catch (const std::exception&) {
    return close();
  }
  streamed_ += body_.size();
  large_ = true;
  if (body_.empty() || streamed_ > streaming_.stream_bytes) return close();
  deadline_ = steady_micros() + core_.options.write_time;
  asio::async_write(socket_, asio::buffer(body_), [self = shared_from_this()](const error_code& error, std::size_t) {
    error ? self->close() : self->send_piece();
  });
}

void Connection::on_sent() {
  large_ = large_ || body_.size() > k_large;
  body_ = {};
  if (std::exchange(large_, false)) {
    parser_.reset();
    malloc_trim(0);  // what such a request needed goes back to the system, not into this process's reserves
  }
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

}  // namespace mlops::web
