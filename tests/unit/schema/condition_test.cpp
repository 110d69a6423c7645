#include "schema/condition.h"

#include <catch2/catch.hpp>
#include <random>

#include "base/error.h"
#include "base/time.h"

using namespace mlops;
using namespace mlops::schema;
using Answer = Condition::Answer;

namespace {

table::Table sample() {
  table::Table out;
  out.add(table::make_integers("a", {1, 5, 7}, {1, 1, 0}));
  out.add(table::make_reals("b", {0.1, 5, 1}));
  out.add(table::make_texts("plan", {"x", "it's", "x"}));
  out.add(table::make_times("t", {*parse_time("2026-01-31"), *parse_time("2026-02-02"), 0}));
  out.add(table::make_integers("odd name", {2, 2, 2}));
  return out;
}

std::string answers(const std::string& text) {
  std::string out;
  for (const auto answer : Condition(text).evaluate(sample()))
    out += answer == Answer::yes ? 'y' : answer == Answer::no ? 'n' : '?';
  return out;
}

}  // namespace

TEST_CASE("conditions hold or not, row by row") {
  CHECK(answers("a <= b") == "ny?");
  CHECK(answers("a is null") == "nny");
  CHECK(answers("a is not null and b > 1") == "nyn");
  CHECK(answers("b + 0.2 == 0.3") == "ynn");
  CHECK(answers("a * 2 - 1 == 1") == "yn?");
  CHECK(answers("plan == 'it''s'") == "nyn");
  CHECK(answers("t < 2026-02-01") == "yny");
  CHECK(answers("t - 2026-01-31 <= 1d") == "yny");
  CHECK(answers("t + 2d > 2026-02-03T00:00:00Z") == "nyn");
  CHECK(answers("2 * 12h == 1d") == "yyy");
  CHECK(answers("`odd name` == 2 and a == -5 + 10") == "ny?");
  CHECK(answers("b >= 1e-1") == "yyy");
  CHECK(answers("missing > 1") == "???");
  CHECK(answers("9223372036854775807 + a > 0") == "yy?");
}

TEST_CASE("what is no condition says where") {
  for (const char* text : {"", "a", "a <", "a = 1", "a < b or b < a", "(a) < 1", "f(a) > 1", "a < 'x", "`` < 1",
                           "a is nul", "1 is null", "a < 1 and", "a < 2026-13-01", "1.2.3 < a", "a ++ b < 1"})
    CHECK_THROWS_AS(Condition(text), Error);
  CHECK_THROWS_AS(Condition(std::string(5000, 'a') + " < 1"), Error);
  std::string many = "a";
  for (int i = 0; i < 100; ++i) many += " + a";
  CHECK_THROWS_AS(Condition(many + " < 1"), Error);
}

TEST_CASE("values without a type are what they look like, and texts beside a text") {
  table::Table texts;
  texts.add(table::make_texts("a", {"5", "abc", "2024-01-01", "true", "x"}, {1, 1, 1, 1, 0}));
  const auto told = [&](const char* text, bool by_value) {
    std::string out;
    const auto answers = by_value ? Condition(text).evaluate(texts, {"a"}) : Condition(text).evaluate(texts);
    for (const auto answer : answers) out += "ny?d"[static_cast<std::size_t>(answer)];
    return out;
  };
  CHECK(told("a >= 4", true) == "yddd?");
  CHECK(told("a >= 4", false) == "dddd?");
  CHECK(told("a != 'abc'", true) == "ynyy?");
  CHECK(told("a == 2024-01-01", true) == "ddyd?");
  CHECK(told("a == true", true) == "dddy?");
  CHECK(told("a + 1 > 5", true) == "yddd?");
  CHECK(told("a is not null and a > 4", true) == "ydddn");
  CHECK(told("a > 5 and a is null", true) == "nnnn?");
}

TEST_CASE("types that don't go together are found before any row") {
  const auto type = [](std::string_view name) {
    return std::optional(name == "t" ? table::Kind::time : name == "s" ? table::Kind::text : table::Kind::integer);
  };
  CHECK(Condition("a < t").type_problem(type) == "a number and a time can't be compared");
  CHECK(Condition("t - t < 3d").type_problem(type).empty());
  CHECK(Condition("t + t < t").type_problem(type) == "a time + a time has no meaning");
  CHECK(Condition("s * 2 == 1").type_problem(type) == "a text * a number has no meaning");
  CHECK(Condition("t is null").type_problem(type).empty());
}

TEST_CASE("whatever stands there is a condition or an error") {
  std::mt19937 random(3);
  const std::string pieces = "ab \t`'`<>=!+-*.:0159eEmdZTis not null and true 2026-01-31 30d\xc3\xa9\x01()";
  int good = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto n = random() % 24; n > 0; --n) text += pieces[random() % pieces.size()];
    if (i % 2 == 0) text = "a <= " + text;
    try {
      (void)Condition(text).evaluate(sample());
      ++good;
    } catch (const Error& error) {
      CHECK_FALSE(error.hint().empty());
    }
  }
  CHECK(good > 100);
}
