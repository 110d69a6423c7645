// Names and paths from clients.
#include <catch2/catch.hpp>

#include <cmath>

#include "track/api_error.h"
#include "track/fields.h"
#include "track/keys.h"
#include "web/router.h"

using namespace mlops;
using namespace mlops::track;

TEST_CASE("keys of metrics, parameters and tags") {
  for (const char* good : {"auc", "val/loss", "a.b-c d:e_f", "größe", "mlflow.runName", "..a"})
    CHECK_NOTHROW(check_key(good, "metric"));
  for (const char* bad :
       {"", "a//b", "/a", "../a", ".", "..", "a/", "a/../b", "a\\b", "a\nb", "a#b", "a%b", "a(b)", "\xff"}) {
    INFO(bad);
    CHECK_THROWS_AS(check_key(bad, "metric"), ApiError);
  }
  CHECK_NOTHROW(check_key(std::string(250, 'a'), "metric"));
  CHECK_THROWS_AS(check_key(std::string(251, 'a'), "metric"), ApiError);
  CHECK(cut("ééé", 2) == "éé");
}

TEST_CASE("aliases, stages, model names") {
  CHECK_NOTHROW(check_alias("prod"));
  for (const char* bad : {"", "latest", "LaTeSt", "v1", "V22", "a b", "a/b", "a@b"})
    CHECK_THROWS_AS(check_alias(bad), ApiError);
  CHECK(stage_of("production") == "Production");
  CHECK_THROWS_AS(stage_of("live"), ApiError);
  for (const char* bad : {" ", ".", "..", "a/b", "a:b"}) CHECK_THROWS_AS(check_model_name(bad), ApiError);
}

TEST_CASE("artifact paths are plain names, or nothing") {
  CHECK(artifact_path("0/abc/artifacts/model/MLmodel") == "0/abc/artifacts/model/MLmodel");
  CHECK(artifact_path("a/b/") == "a/b");
  CHECK(artifact_path("übung/100 %.txt") == "übung/100 %.txt");
  // Decoded as the server's router does it, then checked: one of the two refuses each.
  const char* hostile[] = {"..",
                           "../etc/passwd",
                           "a/../../b",
                           "a/..",
                           "./a",
                           "a/./b",
                           "a//b",
                           "//a",
                           "/a",
                           "/etc/passwd",
                           "%2e%2e",
                           "%2e%2e/a",
                           "%2E%2E/a",
                           ".%2e/a",
                           "%2e./a",
                           "a/%2e%2e/b",
                           "..%2fa",
                           "..%2Fa",
                           "a%2f..%2fb",
                           "%2fetc%2fpasswd",
                           "%252e%252e/a",
                           "%252e%252e%252fa",
                           "%25252e/a",
                           "a/%252e%252e",
                           "..%252fa",
                           "%2e%2e%5ca",
                           "..\\a",
                           "a\\..\\b",
                           "..%5ca",
                           "a%5c..%5cb",
                           "%5c%5chost%5cshare",
                           "\\\\host\\share",
                           "C:/a",
                           "C:\\a",
                           "c%3a/a",
                           "C:",
                           "a%00b",
                           "a%00",
                           "%00",
                           "a%0ab",
                           "a%0d%0ab",
                           "a%01",
                           "a%7f",
                           "a%23b",
                           "a#b",
                           "a%c0%ae%c0%ae/b",
                           "%c0%ae%c0%ae/b",
                           "%c0%af",
                           "%e0%80%ae/a",
                           "%ff",
                           "%u002e%u002e/a",
                           "a/%",
                           "a/%2",
                           "a/%zz",
                           ".git/config",
                           "a/.GIT/hooks/x",
                           "a/.mlops/meta.db",
                           ".mlops",
                           "a/.g%69t/x",
                           "%2e%67%69%74/x",
                           ".git%e2%80%8b/x",
                           "a/%2e",
                           "%2e",
                           "a%2f%2fb",
                           "a/%252f/b"};
  CHECK(std::size(hostile) >= 60);
  const web::Router router(
      {{"GET", "/artifacts/{path...}", web::Permission::read, [](const web::Request&) { return web::Response{}; }}});
  for (const char* path : hostile) {
    INFO(path);
    const auto match = router.match("GET", std::string("/artifacts/") + path);
    bool refused = match.route == nullptr;
    if (!refused) {
      try {
        (void)artifact_path(match.parameters.at(0));
      } catch (const ApiError& error) {
        refused = error.status == 400;
      }
    }
    CHECK(refused);
    // As it stands in a query, decoded by nobody else.
    try {
      (void)artifact_path(path);
      CHECK(std::string_view(path).find('%') != std::string_view::npos);
      CHECK(std::string_view(path).find("..") == std::string_view::npos);
    } catch (const ApiError& error) {
      CHECK(error.status == 400);
    }
  }
}

TEST_CASE("fields say what is wrong with them") {
  const Fields fields(Json{{"n", "12"},
                           {"x", "NaN"},
                           {"bad", Json::object()},
                           {"token", "o7"},
                           {"list", Json::array({1, "a"})},
                           {"big", 18446744073709551615ull}});
  CHECK(fields.integer("n") == 12);
  CHECK(std::isnan(fields.need_number("x")));
  CHECK(fields.texts("list") == std::vector<std::string>{"1", "a"});
  CHECK_THROWS_AS(fields.integer("x"), ApiError);
  CHECK_THROWS_AS(fields.text("bad"), ApiError);
  CHECK_THROWS_AS(fields.need("absent"), ApiError);
  CHECK_THROWS_AS(fields.integer("big"), ApiError);
  CHECK(Fields(Json{{"page_token", page_token(25)}}).offset() == 25);
  for (const char* token : {"25", "o-1", "o", "ox", "O1"})
    CHECK_THROWS_AS(Fields(Json{{"page_token", token}}).offset(), ApiError);
  CHECK_THROWS_AS(Fields(Json{{"max_results", 0}}).limit(10, 100), ApiError);
  CHECK_THROWS_AS(Fields(Json{{"max_results", 101}}).limit(10, 100), ApiError);
  CHECK(Fields(Json::object()).limit(10, 100) == 10);
  CHECK_FALSE(Fields(Json{{"x", nullptr}}).has("x"));
}
