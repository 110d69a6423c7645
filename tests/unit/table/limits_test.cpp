#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/file.h"
#include "table/table.h"

using namespace mlops;
using namespace mlops::table;

namespace {

const std::string k_tables = MLOPS_TEST_DATA "/tables/";

std::string failure(const Source& source, const ReadOptions& options) {
  try {
    read_table(source, options);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    return error.message();
  }
  return "it was read";
}

std::string failure(const std::string& text, const std::string& name, const Limits& limits) {
  ReadOptions options;
  options.limits = limits;
  return failure(*memory_source(text, name), options);
}

// Throws what a store would in the middle of a file.
class FailingSource : public Source {
 public:
  explicit FailingSource(std::string bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  std::size_t read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    if (offset > 0 || buffer.size() > 4096) throw state_error("chunk 12ab is damaged");
    return memory_source(bytes_, name_)->read(offset, buffer);
  }

 private:
  std::string bytes_, name_ = "x.csv";
};

}  // namespace

TEST_CASE("Arrow's own format, as a file and as a stream") {
  for (const char* name : {"kinds.arrow", "kinds.arrows"}) {
    const auto table = read_table(*open_source(k_tables + name));
    REQUIRE(table.rows == 5);
    CHECK(table.need("i").integers()[4] == 4);
    CHECK(!table.need("d").valid(2));
    CHECK(table.need("s").text(0) == "größe");
    CHECK(table.need("b").booleans()[1] == 1);
    CHECK(table.need("t").times()[0] == 1767441630250000);
    CHECK(table.need("c").source_type == "dictionary");
    CHECK(table.need("c").text(4) == "y");
    CHECK(table.need("l").kind == Kind::other);
  }
}

TEST_CASE("Every flipped bit of an Arrow file is an error or another table") {
  const std::string bytes = read_file(k_tables + "kinds.arrow");
  ReadOptions options;
  options.limits.memory = std::uint64_t{256} << 20;
  for (std::size_t at = 8; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ (1 << at % 8));
    try {
      read_table(*memory_source(changed, "flipped.arrow"), options);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::input);
    }
  }
}

TEST_CASE("Limits are held, and said") {
  Limits limits;
  limits.columns = 2;
  CHECK(failure("a,b,c\n1,2,3\n", "x.csv", limits) == "\"x.csv\" has 3 columns; 2 are allowed");
  CHECK(failure("{\"a\":1,\"b\":2,\"c\":3}\n", "x.jsonl", limits) == "\"x.jsonl\" has 3 columns; 2 are allowed");
  limits = {};
  limits.rows = 2;
  CHECK(failure("a\n1\n2\n3\n", "x.csv", limits) == "\"x.csv\" has 3 rows; 2 are allowed");
  limits = {};
  limits.cell = 4;
  CHECK(failure("a,b\nabc,abcde\n", "x.csv", limits) == "\"x.csv\" holds a text of 5 B; 4 B are allowed");
  limits = {};
  limits.nesting = 3;
  CHECK(failure("{\"a\":[[1]]}\n{\"a\":[[[1]]]}\n", "x.jsonl", limits) == "nested deeper than 3 levels");
}

TEST_CASE("What the source throws arrives as it is, from whatever thread") {
  try {
    read_table(FailingSource("a,b\n" + std::string(100'000, '1')));
    FAIL("it was read");
  } catch (const Error& error) {
    CHECK(error.message() == "chunk 12ab is damaged");
    CHECK(error.kind() == ErrorKind::state);
  }
}
