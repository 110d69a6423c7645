// The HTTP client against a server of a few lines: what is sent, redirects, limits, addresses that are none.
#include "base/http_client.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

using namespace mlops;

namespace {

// Answers one connection with `answer` and keeps what it was sent.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/hook";
    thread_ = std::thread([this] { serve(); });
  }
  ~OneAnswer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  std::string received() {
    thread_.join();
    return received_;
  }
  std::string url;

 private:
  void serve() {
    const Fd connection(::accept(listener_.get(), nullptr, nullptr));
    if (!connection) return;
    char buffer[4096];
    while (received_.find("\r\n\r\n") == std::string::npos || received_.find("BODY") == std::string::npos) {
      const ssize_t got = ::read(connection.get(), buffer, sizeof buffer);
      if (got <= 0) break;
      received_.append(buffer, static_cast<std::size_t>(got));
    }
    (void)!::write(connection.get(), answer_.data(), answer_.size());
  }
  std::string answer_, received_;
  Fd listener_;
  std::thread thread_;
};

HttpRequest post(const std::string& url) {
  HttpRequest out{.method = "POST", .url = url};
  out.headers = {{"X-One", "1"}};
  out.body = "BODY";
  out.time = 5'000'000;
  return out;
}

Error failure(const HttpRequest& request) {
  try {
    (void)send_http(request);
  } catch (const Error& error) {
    return error;
  }
  FAIL("it was answered: " << request.url);
  return usage_error("");
}

}  // namespace

TEST_CASE("a request arrives as it was made, and a redirect is an answer") {
  OneAnswer server("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/elsewhere\r\nContent-Length: 2\r\n\r\nok");
  const auto answer = send_http(post(server.url));
  CHECK(answer.status == 302);
  CHECK(answer.body == "ok");
  const std::string received = server.received();
  CHECK(received.find("POST /hook HTTP/1.1\r\n") == 0);
  CHECK(received.find("X-One: 1\r\n") != std::string::npos);
  CHECK(received.ends_with("\r\n\r\nBODY"));
}

TEST_CASE("an answer that is larger than is taken is none") {
  OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + std::string(2000, 'x'));
  auto request = post(server.url);
  request.answer_limit = 1000;
  CHECK(failure(request).kind() == ErrorKind::outside);
}

TEST_CASE("what can't be asked is named without its secrets") {
  const auto refused = failure(post("http://user:secret@127.0.0.1:1/path?token=secret"));
  CHECK(refused.kind() == ErrorKind::outside);
  CHECK(refused.message().find("http://127.0.0.1:1") != std::string::npos);
  CHECK(refused.message().find("secret") == std::string::npos);
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "not a url", ""})
    CHECK(failure(post(url)).kind() == ErrorKind::input);
}

TEST_CASE("a part of a file is put, and headers come back") {
  OneAnswer server("HTTP/1.1 200 OK\r\nETag:  \"x\" \r\nX-A: 1\r\nContent-Length: 0\r\n\r\n");
  char name[] = "/tmp/mlops-http-test-XXXXXX";
  const Fd file(::mkstemp(name));
  ::unlink(name);
  REQUIRE(::write(file.get(), "..BODY..", 8) == 8);
  HttpRequest request{.method = "PUT", .url = server.url};
  request.file = {file.get(), 2, 4};
  const auto answer = ask_http(request);
  CHECK(answer.problem == HttpProblem::none);
  CHECK(answer.header("etag") == "\"x\"");
  CHECK(answer.header("x-b").empty());
  const std::string received = server.received();
  CHECK(received.find("PUT /hook HTTP/1.1\r\n") == 0);
  CHECK(received.find("Content-Length: 4\r\n") != std::string::npos);
  CHECK(received.ends_with("\r\n\r\nBODY"));
}

TEST_CASE("an answer without an end of headers is none") {
  OneAnswer server("HTTP/1.1 200 OK\r\n" + [] {
    std::string lines;
    for (int i = 0; i < 3000; ++i) lines += "X-Line: " + std::string(60, 'x') + "\r\n";
    return lines;
  }());
  CHECK(ask_http(post(server.url)).problem == HttpProblem::too_many_headers);
}

TEST_CASE("problems are told apart") {
  CHECK(ask_http(post("http://127.0.0.1:1/")).problem == HttpProblem::unreachable);
  OneAnswer server("");
  CHECK(ask_http(post(server.url)).problem == HttpProblem::lost);
}

TEST_CASE("a signature is RFC 4231's") {
  CHECK(hmac_sha256("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
