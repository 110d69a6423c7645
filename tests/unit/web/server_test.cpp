// The server over real sockets: what arrives byte by byte, too large, too slow or all at once.
#include "web/server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "base/file.h"
#include "web/encoding.h"

using namespace mlops;
using namespace mlops::web;
using namespace std::chrono_literals;

namespace {

class Running {
 public:
  explicit Running(ServerOptions options = {}) : server_(std::move(options), routes()) {
    server_.listen();
    port_ = server_.port();
    thread_ = std::thread([this] { server_.run(stop_.get_token()); });
  }
  ~Running() { stop(); }
  void stop() {
    stop_.request_stop();
    if (thread_.joinable()) thread_.join();
  }
  void ask_to_stop() { stop_.request_stop(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  std::atomic<bool> release{false};
  std::atomic<int> slow_running{0};

 private:
  std::vector<Route> routes() {
    Route echo{"POST", "/echo", Permission::anyone,
               [](const Request& request) { return text_response(200, request.body); }};
    Route slow{"POST", "/slow", Permission::anyone, [this](const Request&) {
                 ++slow_running;
                 while (!release) std::this_thread::sleep_for(1ms);
                 return text_response(200, "slow");
               }};
    Route health{"GET", "/health", Permission::anyone, [](const Request&) { return text_response(200, "up"); }};
    health.light = true;
    Route fail{"GET", "/fail", Permission::anyone, [](const Request&) -> Response { throw std::runtime_error("oh"); }};
    return {echo, slow, health, fail};
  }
  Server server_;
  std::stop_source stop_;
  std::thread thread_;
  std::uint16_t port_ = 0;
};

class Client {
 public:
  explicit Client(const Running& server) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const timeval limit{10, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t put = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (put <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(put));
    }
  }
  // One answer: head and as many bytes as it declares. "" when the connection ends first.
  std::string answer() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return "";
    std::size_t length = 0;
    if (const auto at = buffer_.find("Content-Length: "); at < end) length = std::stoul(buffer_.substr(at + 16));
    while (buffer_.size() < end + 4 + length)
      if (!more()) return "";
    std::string out = buffer_.substr(0, end + 4 + length);
    buffer_.erase(0, out.size());
    return out;
  }
  std::string ask(std::string_view request) {
    send(request);
    return answer();
  }
  bool closed() {
    while (more()) {
    }
    return buffer_.empty();
  }

 private:
  bool more() {
    char piece[65536];
    const ssize_t got = ::recv(fd_.get(), piece, sizeof piece, 0);
    if (got > 0) buffer_.append(piece, static_cast<std::size_t>(got));
    return got > 0;
  }
  Fd fd_;
  std::string buffer_;
};

int status(const std::string& answer) { return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0; }
bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

const char* const k_health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string post(const std::string& path, const std::string& body, const std::string& headers = "") {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

}  // namespace

TEST_CASE("connections are kept, requests may come all at once or byte by byte") {
  Running server;
  Client client(server);
  CHECK(status(client.ask(k_health)) == 200);
  client.send(post("/echo", "one") + post("/nowhere", "x") + post("/echo", "two"));
  CHECK(has(client.answer(), "\r\n\r\none"));
  CHECK(status(client.answer()) == 404);
  CHECK(has(client.answer(), "\r\n\r\ntwo"));
  for (const char c : post("/echo", "slowly")) client.send({&c, 1});
  CHECK(has(client.answer(), "slowly"));
  const std::string fault = client.ask("GET /fail HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status(fault) == 500);
  CHECK(has(fault, "{\"error\":"));
  CHECK(status(client.ask(k_health)) == 200);
}

TEST_CASE("chunked bodies, Expect, HTTP/1.0 and Connection: close") {
  Running server;
  Client client(server);
  CHECK(has(client.ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
            "abcde"));
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(status(client.answer()) == 100);
  CHECK(has(client.ask("hi"), "\r\n\r\nhi"));
  CHECK(has(client.ask("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), "Connection: keep-alive"));
  CHECK(has(client.ask("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), "Connection: close"));
  CHECK(client.closed());
  Client old(server);
  CHECK(status(old.ask("GET /health HTTP/1.0\r\n\r\n")) == 200);
  CHECK(old.closed());
}

TEST_CASE("methods and paths that are not in the table") {
  Running server;
  Client client(server);
  CHECK(has(client.ask("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"), "{\"error\":\"Not Found\"}"));
  CHECK(has(client.ask("DELETE /health HTTP/1.1\r\nHost: localhost\r\n\r\n"), "{\"error\":\"Method Not Allowed\"}"));
  CHECK(status(client.ask("GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n")) == 403);
  CHECK(status(client.ask("OPTIONS /health HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n")) ==
        403);
}

TEST_CASE("what is too large is refused before it is read") {
  ServerOptions options;
  options.body_bytes = 2 << 20;
  Running server(options);
  Client declared(server);
  CHECK(status(declared.ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n")) == 413);
  Client chunked(server);
  chunked.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n7000000\r\n");
  chunked.send(std::string(3 << 20, 'x'));
  CHECK(status(chunked.answer()) == 413);
  Client packed(server);
  CHECK(status(packed.ask(
            post("/echo", encode(Coding::gzip, std::string(3 << 20, 'x')), "Content-Encoding: gzip\r\n"))) == 413);
  CHECK(has(packed.ask(post("/echo", encode(Coding::deflate, "small"), "Content-Encoding: deflate\r\n")),
            "\r\n\r\nsmall"));
  CHECK(status(packed.ask(post("/echo", "x", "Content-Encoding: br\r\n"))) == 501);
  Client header(server);
  CHECK(status(header.ask("GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n")) ==
        431);
}

TEST_CASE("malformed requests are answered and closed") {
  Running server;
  for (const char* request :
       {"GARBAGE\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    INFO(request);
    Client client(server);
    const int got = status(client.ask(request));
    CHECK(got >= 400);
    CHECK(got < 600);
  }
  Client client(server);
  CHECK(status(client.ask(k_health)) == 200);
}

TEST_CASE("health is answered while every worker is busy, and waiting requests are answered in the end") {
  ServerOptions options;
  options.workers = 2;
  Running server(options);
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 5; ++i) {
    slow.push_back(std::make_unique<Client>(server));
    slow.back()->send(post("/slow", "x"));
  }
  while (server.slow_running < 2) std::this_thread::sleep_for(1ms);
  Client client(server);
  for (int i = 0; i < 100; ++i) CHECK(status(client.ask(k_health)) == 200);
  CHECK(server.slow_running == 2);
  server.release = true;
  for (auto& waiting : slow) CHECK(has(waiting->answer(), "slow"));
}

TEST_CASE("slow senders are cut off, others are not") {
  ServerOptions options;
  options.header_time = 300'000;
  options.idle_time = 5'000'000;
  Running server(options);
  Client slow(server), idle(server);
  slow.send("GET /health HT");
  CHECK(slow.closed());
  CHECK(status(idle.ask(k_health)) == 200);
}

TEST_CASE("connections past the cap are turned away") {
  ServerOptions options;
  options.connections = 2;
  Running server(options);
  Client a(server), b(server);
  CHECK(status(a.ask(k_health)) == 200);
  CHECK(status(b.ask(k_health)) == 200);
  Client c(server);
  CHECK(status(c.answer()) == 503);
}

TEST_CASE("the end waits for requests in progress") {
  Running server;
  Client client(server), idle(server);
  client.send(post("/slow", "x"));
  while (server.slow_running < 1) std::this_thread::sleep_for(1ms);
  server.ask_to_stop();
  CHECK(idle.closed());
  server.release = true;
  CHECK(has(client.answer(), "slow"));
  server.stop();
}

TEST_CASE("request ids come back, harmful ones are replaced") {
  Running server;
  Client client(server);
  CHECK(has(client.ask("GET /health HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: abc-1\r\n\r\n"),
            "X-Request-Id: abc-1\r\n"));
  CHECK_FALSE(has(client.ask("GET /health HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a b\r\n\r\n"), "a b"));
}

TEST_CASE("addresses that others can reach are refused, busy ports are named") {
  ServerOptions options;
  for (const char* host : {"0.0.0.0", "::", "192.168.1.1", "example.org"}) {
    options.host = host;
    try {
      Server server(options, {});
      FAIL("started on " << host);
    } catch (const Error& error) {
      CHECK(error.exit_code() == k_exit_usage);
    }
  }
  Running first;
  options.host = "127.0.0.1";
  options.port = first.port();
  Server second(options, {});
  CHECK_THROWS_WITH(second.listen(), Catch::Contains("is in use"));
}
