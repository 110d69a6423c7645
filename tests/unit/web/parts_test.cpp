#include <catch2/catch.hpp>

#include "web/encoding.h"
#include "web/guard.h"
#include "web/metrics.h"
#include "web/query.h"
#include "web/router.h"

using namespace mlops;
using namespace mlops::web;

namespace {

Route route(std::string method, std::string pattern) {
  return {std::move(method), std::move(pattern), Permission::anyone, [](const Request&) { return Response{}; }};
}

int refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const Refusal& refusal) {
    return refusal.status;
  }
  return 200;
}

}  // namespace

TEST_CASE("routes match by method and parts of the path") {
  const Router router({route("GET", "/v2"), route("POST", "/v2/models/{name}/infer"),
                       route("POST", "/v2/models/{name}/versions/{version}/infer")});
  CHECK(router.match("GET", "/v2?x=1").status == 200);
  CHECK(router.match("GET", "/v2/").status == 404);
  CHECK(router.match("HEAD", "/v2").status == 405);
  CHECK(router.match("GET", "/v2/models/m/infer").status == 405);
  CHECK(router.match("POST", "/v2/models//infer").status == 404);
  CHECK(router.match("POST", "/v2/models/a%20b%2Fc/infer").parameters == std::vector<std::string>{"a b/c"});
  CHECK(router.match("POST", "/v2/models/m/versions/3/infer").parameters == std::vector<std::string>{"m", "3"});
  CHECK(router.match("GET", "http://h/v2").status == 400);
}

TEST_CASE("paths that mean something to a file system or a second decoder are refused") {
  const Router router({route("GET", "/a/{x}")});
  for (const char* path : {"/a/..", "/a/%2e%2e", "/a/.", "/a/%5c", "/a/\\", "/a/%00", "/a/%0a", "/a/%252e", "/a/%252F",
                           "/a/%", "/a/%4", "/a/%zz", "/a/%ff", "/../a"}) {
    INFO(path);
    CHECK(router.match("GET", path).status == 400);
  }
}

TEST_CASE("a route without permission or handler keeps the server from starting") {
  CHECK_THROWS_WITH(Router({{"GET", "/x", Permission::undeclared, [](const Request&) { return Response{}; }}}),
                    Catch::Contains("GET /x declares no permission"));
  CHECK_THROWS_AS(Router({{"GET", "/x", Permission::anyone, {}}}), Error);
}

TEST_CASE("Host, Origin and Sec-Fetch-Site are an allow-list") {
  const auto status = [](const Headers& headers, bool http_1_0 = false) {
    const auto verdict = check_origin(headers, http_1_0, {"models.example"});
    return verdict ? verdict->status : 200;
  };
  CHECK(status({{"Host", "127.0.0.1:8000"}}) == 200);
  CHECK(status({{"host", "LOCALHOST"}}) == 200);
  CHECK(status({{"Host", "[::1]:8000"}}) == 200);
  CHECK(status({{"Host", "models.example:80"}}) == 200);
  CHECK(status({{"Host", "evil.example"}}) == 403);
  CHECK(status({{"Host", "127.0.0.1.evil.example"}}) == 403);
  CHECK(status({{"Host", "127.1"}}) == 403);
  CHECK(status({{"Host", ""}}) == 403);
  CHECK(status({}) == 400);
  CHECK(status({}, true) == 200);
  CHECK(status({{"Host", "localhost"}, {"Host", "localhost"}}) == 400);
  CHECK(status({{"Host", "localhost:8000"}, {"Origin", "http://localhost:8000"}}) == 200);
  for (const char* origin : {"null", "http://localhost:9000", "http://evil.example", "file://", ""})
    CHECK(status({{"Host", "localhost:8000"}, {"Origin", origin}}) == 403);
  for (const char* site : {"cross-site", "same-site", "", "Same-Origin"})
    CHECK(status({{"Host", "localhost"}, {"Sec-Fetch-Site", site}}) == 403);
  for (const char* site : {"same-origin", "none"})
    CHECK(status({{"Host", "localhost"}, {"Sec-Fetch-Site", site}}) == 200);
}

TEST_CASE("content types: free without a browser, exact with one") {
  Route json = route("POST", "/x");
  json.content_types = {"application/json"};
  const auto ok = [&](Headers headers) { return !check_content_type(headers, json); };
  CHECK(ok({}));
  CHECK(ok({{"Content-Type", "application/x-www-form-urlencoded"}}));
  CHECK(ok({{"Content-Type", "Application/JSON; charset=utf-8"}}));
  CHECK_FALSE(ok({{"Content-Type", "application/x-pickle"}}));
  CHECK_FALSE(ok({{"Content-Type", "text/plain"}}));
  CHECK_FALSE(ok({{"Sec-Fetch-Site", "same-origin"}}));
  CHECK_FALSE(ok({{"Origin", "http://localhost"}, {"Content-Type", "application/x-www-form-urlencoded"}}));
  json.type_required = true;
  CHECK_FALSE(ok({}));
}

TEST_CASE("loopback names") {
  for (const char* host : {"localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"}) CHECK(is_loopback(host));
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "127.0.0.1.nip.io", "127.0.0", "localhost.evil"})
    CHECK_FALSE(is_loopback(host));
}

TEST_CASE("bodies come back from gzip and deflate, broken ones are refused") {
  const std::string text(100'000, 'x');
  for (const Coding coding : {Coding::gzip, Coding::deflate}) {
    const std::string packed = encode(coding, text);
    CHECK(packed.size() < 1000);
    CHECK(decode(coding, packed, 1 << 20) == text);
    CHECK(refusal([&] { (void)decode(coding, packed, 99'999); }) == 413);
    CHECK(refusal([&] { (void)decode(coding, "", 10); }) == 400);
    CHECK(refusal([&] { (void)decode(coding, "not packed", 1000); }) == 400);
    CHECK(refusal([&] { (void)decode(coding, packed + "x", 1 << 20); }) == 400);
    for (std::size_t cut : {std::size_t{1}, std::size_t{5}, packed.size() / 2, packed.size() - 1})
      CHECK(refusal([&] { (void)decode(coding, packed.substr(0, cut), 1 << 20); }) == 400);
  }
  CHECK(decode(Coding::gzip, encode(Coding::gzip, "a") + encode(Coding::gzip, "b"), 10) == "ab");
  CHECK(refusal([] { (void)request_coding("br"); }) == 501);
  CHECK(refusal([] { (void)request_coding("gzip, gzip"); }) == 501);
}

TEST_CASE("a bomb stops at the limit") {
  std::string zeros(std::size_t{64} << 20, '\0');
  const std::string bomb = encode(Coding::gzip, zeros);
  CHECK(refusal([&] { (void)decode(Coding::gzip, bomb, 1 << 20); }) == 413);
}

TEST_CASE("Accept-Encoding: highest q, then first named") {
  CHECK(response_coding("gzip") == Coding::gzip);
  CHECK(response_coding("deflate, gzip") == Coding::deflate);
  CHECK(response_coding("deflate;q=0.5, gzip;q=0.8") == Coding::gzip);
  CHECK(response_coding("gzip;q=0, deflate") == Coding::deflate);
  CHECK(response_coding("gzip;q=0") == Coding::identity);
  CHECK(response_coding("br, zstd") == Coding::identity);
  CHECK(response_coding("") == Coding::identity);
  CHECK(response_coding("identity;q=1, gzip;q=0.5") == Coding::identity);
}

TEST_CASE("metrics show counts, latencies and the process") {
  const std::vector<Route> routes{route("GET", "/a\"b")};
  Metrics metrics(routes);
  metrics.count(0, 200, 300);
  metrics.count(0, 200, 20'000'000);
  metrics.count(1, 404, 10);
  const std::string text = metrics.text();
  CHECK(text.find("mlops_http_requests_total{method=\"GET\",route=\"/a\\\"b\",status=\"200\"} 2\n") !=
        std::string::npos);
  CHECK(text.find("status=\"404\"} 1\n") != std::string::npos);
  CHECK(text.find("le=\"0.0005\"} 1\n") != std::string::npos);
  CHECK(text.find("le=\"+Inf\"} 2\n") != std::string::npos);
  CHECK(text.find("process_resident_memory_bytes ") != std::string::npos);
}

TEST_CASE("queries are pairs in order, decoded once") {
  const Query query("/x?order_by=a+b&order_by=%63%25&empty=&flag&name=%C3%A9");
  CHECK(query.all("order_by") == std::vector<std::string>{"a b", "c%"});
  CHECK(query.first("empty") == "");
  CHECK(query.first("flag") == "");
  CHECK(query.first("name") == "\xC3\xA9");
  CHECK(query.first("none") == std::nullopt);
  CHECK(Query("/x").pairs().empty());
  CHECK(refusal([] { Query("/x?a=%4"); }) == 400);
  CHECK(refusal([] { Query("/x?a=%zz"); }) == 400);
  CHECK(refusal([] { Query("/x?a=%00"); }) == 400);
  CHECK(refusal([] { Query("/x?a=%ff"); }) == 400);
}
