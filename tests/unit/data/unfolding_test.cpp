#include "data/unfolding.h"

#include <catch2/catch.hpp>

#include "base/error.h"

using namespace mlops;
using data::Unfolding;
using store::Mode;
using store::TreeEntry;

namespace {

TreeEntry directory(std::uint64_t files) { return {"d", Mode::directory, {}, 0, files}; }

}  // namespace

TEST_CASE("what unfolds to more than its entry says is refused") {
  Unfolding unfolding(4);
  const store::Tree two{{"a", Mode::file, {}, 1, 1}, {"b", Mode::link, {}, 1, 1}}, twice{directory(2), {"e", Mode::directory, {}, 0, 2}};
  unfolding.enter("d", directory(4), twice);
  unfolding.enter("d/d", directory(2), two);
  CHECK_THROWS_AS(unfolding.enter("d/e", directory(1), two), Error);
  CHECK_THROWS_AS(unfolding.enter("d", directory(3), twice), Error);
  CHECK_THROWS_AS(unfolding.enter("d", directory(3), {directory(UINT64_MAX), directory(UINT64_MAX)}), Error);
}

TEST_CASE("depth, directories and files have bounds") {
  Unfolding unfolding(0);
  std::string deep = "d";
  for (int i = 0; i < 513; ++i) deep += "/d";
  CHECK_THROWS_AS(unfolding.enter(deep, directory(0), {}), Error);
  CHECK_THROWS_AS(Unfolding(UINT64_MAX), Error);
  const auto enter_a_million_and_one = [&] {
    for (int i = 0; i < 1'000'001; ++i) unfolding.enter("d/d", directory(0), {});
  };
  CHECK_THROWS_AS(enter_a_million_and_one(), Error);
}
