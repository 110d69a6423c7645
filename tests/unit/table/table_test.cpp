#include "table/table.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "base/error.h"

using namespace mlops;
using namespace mlops::table;

namespace {

Table read(std::string_view text, const std::string& name, const ReadOptions& options = {}) {
  return read_table(*memory_source(text, name), options);
}

Error failure(std::string_view text, const std::string& name, const ReadOptions& options = {}) {
  try {
    read(text, name, options);
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error("it was read");
}

Table every_kind() {
  Table out;
  out.add(make_booleans("yes", {1, 0, 1}, {1, 1, 0}));
  out.add(make_integers("count", {1, -2, INT64_C(9007199254740993)}));
  out.add(make_reals("price", {0.1, NAN, -INFINITY}));
  out.add(make_texts("plan", {"basic", "a \"b\", c\nd", "basic"}));
  out.add(make_times("at", {0, 1767441630250000, -1}, {1, 1, 0}));
  return out;
}

}  // namespace

TEST_CASE("CSV: kinds are found from all rows") {
  const auto table =
      read("a,b,c,d,e,f\n1,1.5,x,true,2026-01-03,\n2,,y,false,2026-01-04,\n3,inf,\"x, \"\"y\"\"\",,2026-01-05,NA\n",
           "t.csv");
  REQUIRE(table.rows == 3);
  CHECK(table.need("a").kind == Kind::integer);
  CHECK(table.need("a").integers()[2] == 3);
  CHECK(table.need("b").kind == Kind::real);
  CHECK(table.need("b").nulls() == 1);
  CHECK(!table.need("b").valid(1));
  CHECK(std::isinf(table.need("b").reals()[2]));
  CHECK(table.need("c").kind == Kind::text);
  CHECK(table.need("c").text(2) == "x, \"y\"");
  CHECK(table.need("d").kind == Kind::boolean);
  CHECK(table.need("d").nulls() == 1);
  CHECK(table.need("e").kind == Kind::time);
  CHECK(table.need("e").show(0) == "2026-01-03T00:00:00.000000Z");
  CHECK(table.need("f").kind == Kind::other);
  CHECK(table.need("f").nulls() == 3);
}

TEST_CASE("CSV: chosen columns, repeated names, a byte order mark, no rows, no final newline") {
  ReadOptions options;
  options.columns = {"b", "a.1"};
  const auto table = read(
      "\xef\xbb\xbf"
      "a,b,a\r\n1,2,3\r\n4,5,6",
      "t.csv", options);
  REQUIRE(table.columns.size() == 2);
  CHECK(table.columns[0].name == "b");
  CHECK(table.columns[1].integers()[1] == 6);
  const auto empty = read("a,b\n", "t.csv");
  CHECK(empty.rows == 0);
  CHECK(empty.columns.size() == 2);
  options.columns = {"prise"};
  CHECK(failure("price,b\n1,2\n", "t.csv", options).hint() == "did you mean \"price\"?");
}

TEST_CASE("CSV: a faulty line is named") {
  const auto error = failure("a,b\n1,2\n\n\"x\ny\",3\n4\n5,6\n", "bad.csv");
  CHECK(error.file() == "bad.csv");
  CHECK(error.line() == 6);
  CHECK(error.message() == "2 columns are expected, this line has 1");
  CHECK(failure("", "e.csv").message() == "\"e.csv\" is empty");
}

TEST_CASE("TSV by its extension and by its look") {
  CHECK(read("a\tb\n1\t2\n", "t.tsv").columns.size() == 2);
  CHECK(read("a\tb\n1\t2\n", "nameless").columns.size() == 2);
}

TEST_CASE("JSON lines") {
  const auto table = read("{\"a\": 1, \"b\": \"x\", \"c\": [1]}\n{\"a\": 2.5, \"d\": true}\n", "t.jsonl");
  REQUIRE(table.rows == 2);
  CHECK(table.need("a").kind == Kind::real);
  CHECK(table.need("b").nulls() == 1);
  CHECK(table.need("c").kind == Kind::other);
  CHECK(table.need("d").kind == Kind::boolean);
  CHECK(failure("[{\"a\": 1}]", "t.json").line() == 1);
  CHECK(failure("{\"a\": ", "t.jsonl").kind() == ErrorKind::input);
}

TEST_CASE("Parquet holds what was written") {
  const auto bytes = write_parquet(every_kind());
  const auto table = read(bytes, "nameless");
  REQUIRE(table.rows == 3);
  CHECK(table.need("yes").booleans()[0] == 1);
  CHECK(table.need("yes").nulls() == 1);
  CHECK(table.need("count").integers()[2] == INT64_C(9007199254740993));
  CHECK(std::isnan(table.need("price").reals()[1]));
  CHECK(table.need("price").nulls() == 0);
  CHECK(table.need("plan").text(1) == "a \"b\", c\nd");
  CHECK(table.need("plan").source_type == "string");
  CHECK(table.need("plan").dictionary().size() == 2);
  CHECK(table.need("at").times()[1] == 1767441630250000);
  CHECK(!table.need("at").valid(2));
}

TEST_CASE("CSV holds what was written") {
  const auto table = read(write_csv(every_kind()), "t.csv");
  CHECK(table.need("plan").text(1) == "a \"b\", c\nd");
  CHECK(table.need("at").times()[1] == 1767441630250000);
  CHECK(!table.need("yes").valid(2));
}

TEST_CASE("Damaged Parquet files are an error, never more") {
  const auto bytes = write_parquet(every_kind());
  for (std::size_t cut = 0; cut < bytes.size(); cut += 7) {
    try {
      read(bytes.substr(0, cut), "cut.parquet");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::input);
    }
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    try {
      read(changed, "flipped.parquet");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::input);
    }
  }
}

TEST_CASE("The memory limit is a sentence") {
  Table table;
  table.add(make_reals("x", std::vector<double>(1'000'000, 1.5)));
  const auto bytes = write_parquet(table);
  ReadOptions options;
  options.limits.memory = 1 << 20;
  CHECK(failure(bytes, "big.parquet", options).message() ==
        "\"big.parquet\" needs more memory than is allowed (1.0 MiB)");
}
