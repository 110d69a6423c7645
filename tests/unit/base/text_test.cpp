#include <catch2/catch.hpp>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "base/yaml.h"

using namespace mlops;

TEST_CASE("sizes and counts read as people write them") {
  CHECK(show_size(17) == "17 B");
  CHECK(show_size(212ull << 20) == "212 MiB");
  CHECK(show_size((1ull << 30) + (400ull << 20)) == "1.4 GiB");
  CHECK(show_count(50000) == "50,000");
  CHECK(show_count(999) == "999");
}

TEST_CASE("the nearest name is a slip of the finger, not a wild guess") {
  CHECK(nearest("trian", {"train", "evaluate"}) == "train");
  CHECK(nearest("xyzzy", {"train", "evaluate"}).empty());
}

TEST_CASE("control and bidirectional characters never reach a terminal") {
  CHECK(printable("a\x1b[31mb") == "a\\x1b[31mb");
  CHECK(printable("a\nb") == "a\\x0ab");
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("x\u202ey") == "x\\u{202e}y");
  CHECK(printable("Grüße") == "Grüße");
}

TEST_CASE("SHA-256 agrees with the published vector") {
  CHECK(sha256("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(Id::from_hex(sha256("abc").hex()) == sha256("abc"));
  CHECK_FALSE(Id::from_hex("BA78"));
}

TEST_CASE("times read and write RFC 3339") {
  const auto time = parse_time("2026-01-03T12:00:30.25Z");
  REQUIRE(time);
  CHECK(to_utc(*time) == "2026-01-03T12:00:30.250000Z");
  CHECK(parse_time("2026-01-03T14:00:30.250+02:00") == time);
  CHECK_FALSE(parse_time("2026-02-30"));
  CHECK_FALSE(parse_time("yesterday"));
  CHECK(parse_duration("1h30m") == Micros{5400} * 1000000);
  CHECK_FALSE(parse_duration("5 apples"));
  CHECK(parse_duration("365000d") == Micros{365000} * 86400 * 1000000);
  for (const char* longer :
       {"365001d", "365000d1s", "106750000d", "999999999d", "1000000000s1000000000d", "213503982d"})
    CHECK_FALSE(parse_duration(longer));
}

TEST_CASE("canonical JSON has one text for one value") {
  CHECK(canonical_json(Json{{"b", 1}, {"a", 0.1}, {"c", 2.0}}) == R"({"a":0.1,"b":1,"c":2.0})");
  CHECK(canonical_json(Json(std::numeric_limits<double>::infinity())) == "\"Infinity\"");
  CHECK(canonical_json(Json(std::uint64_t{18446744073709551615u})) == "18446744073709551615");
  CHECK_THROWS_AS(canonical_json(Json("\xff")), Error);
}

TEST_CASE("JSON under limits") {
  CHECK_THROWS_AS(parse_json(std::string(100000, '['), "body"), Error);
  try {
    parse_json("{\"a\": 1,\n  oops}", "body.json");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.line() == 2);
    CHECK(error.message() == "body.json is not valid JSON");
  }
}

TEST_CASE("YAML 1.2: types of the core schema") {
  const Json value =
      to_json(parse_yaml("a: no\nb: on\nc: 010\nd: 1e-3\ne: true\nf: '1'\ng:\nh: [1, 2.5, x]\ni: 0x1f\n", "t"));
  CHECK(value["a"] == "no");
  CHECK(value["b"] == "on");
  CHECK(value["c"] == 10);
  CHECK(value["d"] == 1e-3);
  CHECK(value["e"] == true);
  CHECK(value["f"] == "1");
  CHECK(value["g"].is_null());
  CHECK(value["h"] == Json({1, 2.5, "x"}));
  CHECK(value["i"] == 31);
}

TEST_CASE("YAML: anchors and merge keys work, duplicate keys do not") {
  const Json value = to_json(parse_yaml("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n", "t"));
  CHECK(value["use"] == Json{{"x", 1}, {"y", 3}});
  try {
    parse_yaml("a: 1\nb: 2\na: 3\n", "f.yaml");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.line() == 3);
  }
}

TEST_CASE("YAML bombs meet a budget") {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j ? ",*a" : "*a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  CHECK_THROWS_AS(parse_yaml(bomb, "bomb"), Error);
  // A long text named often costs its length each time; a short one may be named by every stage of a pipeline.
  std::string named;
  for (int i = 0; i < 1000; ++i) named += ",*a";
  CHECK_THROWS_AS(parse_yaml("a: &a \"" + std::string(900'000, 'x') + "\"\nb: [1" + named + "]\n", "long"), Error);
  CHECK(to_json(parse_yaml("a: &a {deps: [x, y], cmd: train}\nb: [1" + named + "]\n", "short"))["b"].size() == 1001);
  CHECK_THROWS_AS(parse_yaml(std::string(1000, '['), "deep"), Error);
}

TEST_CASE("YAML written reads back the same") {
  const nlohmann::ordered_json value{{"text", "a: b"},
                                     {"yes", "yes"},
                                     {"number", "10"},
                                     {"list", {"x", "y z"}},
                                     {"nested", {{"k", 2.0}, {"n", nullptr}}}};
  CHECK(to_json(parse_yaml(to_yaml(value), "t")) == Json(value));
}
