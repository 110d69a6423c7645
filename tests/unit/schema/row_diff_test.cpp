#include "schema/row_diff.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "base/error.h"

using namespace mlops;
using namespace mlops::schema;

namespace {

struct Row {
  int key = 0;
  std::string name;
  int count = 0;
  auto operator<=>(const Row&) const = default;
};

std::string csv(const std::vector<Row>& rows) {
  std::string out = "key,name,count\n";
  for (const auto& row : rows) out += std::to_string(row.key) + "," + row.name + "," + std::to_string(row.count) + "\n";
  return out;
}

RowDiff compare(const std::string& before, const std::string& after, const RowDiffOptions& options) {
  return diff_rows(*table::memory_source(before, "before.csv"), *table::memory_source(after, "after.csv"), options);
}

Row random_row(int key, std::mt19937& random) {
  return {key, std::string(1, static_cast<char>('a' + random() % 4)), static_cast<int>(random() % 5)};
}

struct Tables {
  std::vector<Row> before, after;
};

Tables random_tables(std::mt19937& random, bool unique) {
  Tables out;
  for (int i = 0; i < 2000; ++i) out.before.push_back(random_row(unique ? i : static_cast<int>(random() % 30), random));
  for (const auto& row : out.before) {
    if (random() % 20 == 0) continue;
    out.after.push_back(random() % 20 == 0 ? random_row(row.key, random) : row);
  }
  for (int i = 2000; i < 2100; ++i)
    out.after.push_back(random_row(unique ? i : static_cast<int>(random() % 30), random));
  std::shuffle(out.after.begin(), out.after.end(), random);
  return out;
}

}  // namespace

TEST_CASE("rows by key agree with a map, in memory and in files") {
  std::mt19937 random(5);
  const Tables tables = random_tables(random, true);
  std::map<int, Row> before, after;
  for (const auto& row : tables.before) before[row.key] = row;
  for (const auto& row : tables.after) after[row.key] = row;
  std::uint64_t added = 0, removed = 0, changed = 0, names = 0;
  for (const auto& [key, row] : before) {
    removed += after.contains(key) ? 0 : 1;
    changed += after.contains(key) && after[key] != row ? 1 : 0;
    names += after.contains(key) && after[key].name != row.name ? 1 : 0;
  }
  for (const auto& [key, row] : after) added += before.contains(key) ? 0 : 1;
  for (const std::size_t memory : {std::size_t{1}, std::size_t{4096}, std::size_t{64} << 20}) {
    RowDiffOptions options;
    options.key = {"key"};
    options.memory = memory;
    const RowDiff diff = compare(csv(tables.before), csv(tables.after), options);
    INFO(memory);
    CHECK(diff.added == added);
    CHECK(diff.removed == removed);
    CHECK(diff.changed == changed);
    CHECK(diff.unchanged == before.size() - removed - changed);
    CHECK(diff.repeated_keys == 0);
    for (const auto& cells : diff.cells)
      if (cells.column == "name") CHECK(cells.changed == names);
    REQUIRE(diff.changed_rows.size() == 5);
    for (const auto& row : diff.changed_rows) {
      const Row &old_row = tables.before[row.before - 1], &new_row = tables.after[row.after - 1];
      CHECK(old_row.key == new_row.key);
      CHECK(row.key.front().value == std::to_string(old_row.key));
      for (const auto& cell : row.cells) {
        CHECK(cell.before != cell.after);
        CHECK(cell.before == (cell.column == "name" ? old_row.name : std::to_string(old_row.count)));
      }
    }
  }
}

TEST_CASE("rows as a whole agree with counts, in memory and in files") {
  std::mt19937 random(6);
  const Tables tables = random_tables(random, false);
  std::map<Row, std::int64_t> counts;
  for (const auto& row : tables.before) ++counts[row];
  for (const auto& row : tables.after) --counts[row];
  std::uint64_t added = 0, removed = 0;
  for (const auto& [row, count] : counts) (count < 0 ? added : removed) += static_cast<std::uint64_t>(std::abs(count));
  for (const std::size_t memory : {std::size_t{1}, std::size_t{4096}, std::size_t{64} << 20}) {
    RowDiffOptions options;
    options.memory = memory;
    const RowDiff diff = compare(csv(tables.before), csv(tables.after), options);
    INFO(memory);
    CHECK(diff.added == added);
    CHECK(diff.removed == removed);
    CHECK(diff.changed == 0);
    CHECK(diff.rows_before == tables.before.size());
    CHECK(diff.unchanged == tables.before.size() - removed);
  }
}

TEST_CASE("columns that differ in kind are compared as what both can be") {
  RowDiffOptions options;
  options.key = {"k"};
  CHECK(compare("k,v\n1,1\n2,2\n", "k,v\n1,1.0\n2,2.5\n", options).changed == 1);
  CHECK(compare("k,v\n1,007\n2,8\n", "k,v\n1,7\n2,x\n", options).changed == 2);
  CHECK(compare("k,v\n1,\n2,\n", "k,v\n1,\n2,3\n", options).changed == 1);
  const RowDiff diff = compare("k,old\n1,2\n", "k,new\n1,2\n", options);
  CHECK(diff.unchanged == 1);
  REQUIRE(diff.columns.size() == 2);
  CHECK(diff.columns[0].after.empty());
  CHECK(diff.columns[1].before.empty());
  CHECK_THROWS_AS(compare("k\n1\n", "j\n1\n", options), Error);
  CHECK(compare("k\n", "k\n1\n", options).added == 1);
}
