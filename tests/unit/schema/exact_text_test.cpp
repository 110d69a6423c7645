#include "schema/exact_text.h"

#include <catch2/catch.hpp>

using namespace mlops;
using namespace mlops::schema;

TEST_CASE("numbers are equal by their digits, however they are written") {
  for (const char* text : {"1200", "+1.2E3", "0012e2", "1200.000", " 1200 ", "120e+1"})
    CHECK(exact_number(text) == "12e2");
  for (const char* text : {"0", "-0", "0.000", ".0", "0e9"}) CHECK(exact_number(text) == "0");
  CHECK(exact_number("-12345678901234567890.10") == "-123456789012345678901e-1");
  CHECK(exact_number("12345678901234567890") != exact_number("12345678901234567891"));
  for (const char* text : {"", ".", "e5", "1e", "0x10", "1.2.3", "abc", "1e9999999999", "inf"})
    CHECK_FALSE(exact_number(text).has_value());
}

TEST_CASE("times are equal by their instant, to any fraction of a second") {
  CHECK(exact_time("2024-01-01T00:00:00.000000001Z") != exact_time("2024-01-01T00:00:00.000000002Z"));
  CHECK(exact_time("2024-01-01T01:00:00.5000000010+01:00") == exact_time("2024-01-01 00:00:00.500000001"));
  CHECK(exact_time("2024-01-01") == exact_time("2024-01-01T00:00:00Z"));
  CHECK_FALSE(exact_time("soon").has_value());
}

TEST_CASE("cells of every kind meet in one text") {
  const auto whole = table::make_integers("a", {7, 1200}), time = table::make_times("t", {1'704'067'200'000'000});
  CHECK(exact_text(whole, 1) == exact_text("1.2e3", false));
  CHECK(exact_text(time, 0) == exact_text("2024-01-01", true));
  CHECK(exact_text("n/a", false) == "n/a");
}
