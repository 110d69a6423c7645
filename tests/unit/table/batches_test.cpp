#include "table/batches.h"

#include <catch2/catch.hpp>

#include "base/error.h"

using namespace mlops;
using namespace mlops::table;

namespace {

struct Read {
  std::uint64_t rows = 0, batches = 0;
  std::vector<std::string> misfits;  // "row name text"
  std::vector<std::string> first;    // each column's text in the first row
};

Read read(const std::string& bytes, const std::string& name, const std::map<std::string, Kind>& kinds,
          std::vector<std::string> columns = {}) {
  const auto source = memory_source(bytes, name);
  BatchOptions options;
  options.kinds = kinds;
  options.columns = std::move(columns);
  const auto reader = read_batches(*source, options);
  Read out;
  while (const auto batch = reader->next()) {
    CHECK(batch->first_row == out.rows + 1);
    for (const auto& misfit : batch->misfits) {
      CHECK_FALSE(batch->table.columns[misfit.column].valid(misfit.row));
      out.misfits.push_back(std::to_string(batch->first_row + misfit.row) + " " +
                            batch->table.columns[misfit.column].name + " " + misfit.text);
    }
    if (out.rows == 0 && batch->table.rows > 0)
      for (const auto& column : batch->table.columns) out.first.push_back(column.show(0));
    out.rows += batch->table.rows;
    ++out.batches;
  }
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("CSV in blocks: quoted newlines, misfits by their row") {
  std::string text = "n,s\n";
  const int rows = 400'000;
  for (int i = 0; i < rows; ++i)
    text += std::to_string(i) + (i % 3 == 0 ? ",\"a\n\"\"b\"\"\"\n" : i == 300'001 ? ",5\"\n" : ",plain\r\n");
  text += "x,end";
  const auto out = read(text, "t.csv", {{"n", Kind::integer}, {"s", Kind::text}});
  CHECK(out.rows == rows + 1);
  CHECK(out.batches > 2);
  CHECK(out.misfits == Texts{"400001 n x"});
  CHECK(out.first == Texts{"0", "a\n\"b\""});
}

TEST_CASE("CSV without rows tells its columns") {
  const auto source = memory_source("a,b\n", "t.csv");
  const auto reader = read_batches(*source);
  const auto batch = reader->next();
  REQUIRE(batch);
  CHECK(batch->table.columns.size() == 2);
  CHECK(batch->table.rows == 0);
  CHECK_FALSE(reader->next());
}

TEST_CASE("a line with too few fields is named, far down too") {
  std::string text = "a,b\n";
  for (int i = 0; i < 700'000; ++i) text += "1,2\n";
  text += "3\n";
  try {
    read(text, "t.csv", {});
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.line() == 700'002);
  }
}

TEST_CASE("JSON lines keep their types; a column may come late") {
  const std::string text = "{\"n\":1}\n\n{\"n\":\"1\",\"s\":\"x\"}\n{\"n\":2.5,\"s\":null}\n{\"s\":3}\n{\"n\":true}\n";
  const auto out = read(text, "t.jsonl", {{"n", Kind::integer}, {"s", Kind::text}});
  CHECK(out.rows == 5);
  CHECK(out.misfits == Texts{"2 n \"1\"", "3 n 2.5", "5 n true", "4 s 3"});
  CHECK(read("{\"t\":\"2026-01-31\",\"u\":1}\n", "t.jsonl", {{"t", Kind::time}}, {"t"}).first ==
        Texts{"2026-01-31T00:00:00.000000Z"});
  CHECK_THROWS_AS(read("{\"n\":1}\n[2]\n", "t.jsonl", {}), Error);
  CHECK_THROWS_AS(read("", "t.jsonl", {}), Error);
}

TEST_CASE("Parquet in batches is what the whole file is") {
  Table table;
  std::vector<std::int64_t> numbers(200'000);
  std::vector<std::string> texts(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = static_cast<std::int64_t>(i * i), texts[i] = "t" + std::to_string(i % 1000);
  table.add(make_integers("n", numbers));
  table.add(make_texts("s", texts));
  table.add(make_times("t", numbers));
  const std::string bytes = write_parquet(table);
  const auto source = memory_source(bytes, "t.parquet");
  BatchOptions options;
  options.columns = {"s", "n"};
  const auto reader = read_batches(*source, options);
  std::size_t row = 0, batches = 0;
  bool equal = true;
  while (const auto batch = reader->next()) {
    REQUIRE(batch->table.columns.size() == 2);
    for (std::size_t i = 0; i < batch->table.rows; ++i, ++row)
      equal = equal && batch->table.columns[0].text(i) == texts[row] &&
              batch->table.columns[1].integers()[i] == numbers[row];
    ++batches;
  }
  CHECK(equal);
  CHECK(row == numbers.size());
  CHECK(batches >= 3);
  options.columns = {"gone"};
  CHECK_THROWS_AS(read_batches(*source, options), Error);
}
