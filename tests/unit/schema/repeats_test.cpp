#include "schema/repeats.h"

#include <sys/resource.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>

#include "base/error.h"

using namespace mlops;
using namespace mlops::schema;

namespace {

// In batches of 100; against a map.
void check(const std::vector<std::int64_t>& values, std::size_t memory) {
  RepeatFinder finder(memory, fs::temp_directory_path(), 5);
  for (std::size_t from = 0; from < values.size(); from += 100) {
    const std::vector<std::int64_t> part(
        values.begin() + static_cast<std::ptrdiff_t>(from),
        values.begin() + static_cast<std::ptrdiff_t>(std::min(values.size(), from + 100)));
    const auto column = table::make_integers("v", part);
    finder.add({&column}, from + 1);
  }
  std::map<std::int64_t, std::uint64_t> first;
  std::vector<std::uint64_t> expected;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!first.try_emplace(values[i], i + 1).second) expected.push_back(i + 1);
  const auto found = finder.finish();
  CHECK(found.count == expected.size());
  REQUIRE(found.earliest.size() == std::min<std::size_t>(5, expected.size()));
  for (std::size_t i = 0; i < found.earliest.size(); ++i) {
    CHECK(found.earliest[i].row == expected[i]);
    CHECK(values[found.earliest[i].row - 1] == values[found.earliest[i].first - 1]);
    CHECK(found.earliest[i].first < found.earliest[i].row);
  }
}

}  // namespace

TEST_CASE("repeats are found in memory and in files") {
  std::mt19937_64 random(7);
  std::vector<std::int64_t> few(5000), none(5000), all(5000, 3);
  for (auto& value : few) value = static_cast<std::int64_t>(random() % 20000);
  for (std::size_t i = 0; i < none.size(); ++i) none[i] = static_cast<std::int64_t>(i);
  for (const std::size_t memory : {std::size_t{1} << 20, std::size_t{24 * 700}, std::size_t{24}}) {
    check(few, memory);
    check(none, memory);
    check(all, memory);
  }
  check({}, 24);
}

TEST_CASE("many finders need few open files, and any() forgets nothing") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit few = before;
  few.rlim_cur = 100;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::vector<std::int64_t> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int64_t>(i % 900);
  const auto column = table::make_integers("v", values);
  std::vector<std::unique_ptr<RepeatFinder>> finders;
  for (int i = 0; i < 20; ++i) {
    finders.push_back(std::make_unique<RepeatFinder>(24 * 70, fs::path(), 3));
    finders.back()->add({&column}, 1);
    if (i % 2 == 0) (void)finders.back()->any();
  }
  for (auto& finder : finders) {
    const auto found = finder->finish();
    CHECK(found.count == 100);
    CHECK(found.earliest.front().row == 901);
  }
  CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("a temporary folder that is not there is named") {
  const char* was = std::getenv("TMPDIR");
  const std::string old = was == nullptr ? "" : was;
  setenv("TMPDIR", "/no/such/folder", 1);
  RepeatFinder unused(1 << 20, fs::path(), 1);
  CHECK(unused.finish().count == 0);
  try {
    (void)temporary_folder();
    FAIL("there is one");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::outside);
    CHECK(error.message().find("/no/such/folder") != std::string::npos);
  }
  if (was == nullptr)
    unsetenv("TMPDIR");
  else
    setenv("TMPDIR", old.c_str(), 1);
}

TEST_CASE("nulls and NaN repeat nothing; 0 and -0 are one; pairs are told apart") {
  RepeatFinder reals(1 << 20, fs::temp_directory_path(), 5);
  const auto column = table::make_reals("r", {0.0, -0.0, NAN, NAN, 1, 1}, {1, 1, 1, 1, 1, 0});
  reals.add({&column}, 1);
  CHECK(reals.finish().count == 1);
  RepeatFinder pairs(1 << 20, fs::temp_directory_path(), 5);
  const auto a = table::make_texts("a", {"ab", "a", "ab"}), b = table::make_texts("b", {"c", "bc", "c"});
  pairs.add({&a, &b}, 1);
  const auto found = pairs.finish();
  REQUIRE(found.count == 1);
  CHECK(found.earliest[0].row == 3);
  CHECK(found.earliest[0].first == 1);
}
