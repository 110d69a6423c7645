#include "data/unfolding.h"

#include <catch2/catch.hpp>

#include "base/error.h"

using namespace mlops;
using data::Unfolding;
using store::Mode;

TEST_CASE("files, directories and depth of what unfolds have bounds") {
  CHECK_THROWS_AS(Unfolding(UINT64_MAX), Error);
  Unfolding unfolding(10);
  const auto files = [&] {
    for (int i = 0; i <= 1'000'010; ++i) unfolding.file("d/f");
  };
  CHECK_THROWS_AS(files(), Error);
  const auto directories = [&] {
    for (int i = 0; i <= 1'000'160; ++i) unfolding.directory("d/d");
  };
  CHECK_THROWS_AS(directories(), Error);
  std::string deep = "d";
  for (int i = 0; i < 512; ++i) deep += "/d";
  Unfolding(0).directory(deep);
  CHECK_THROWS_AS(Unfolding(0).directory(deep + "/d"), Error);
}

TEST_CASE("hostile counts do not wrap around") {
  const auto directory = [](const char* name, std::uint64_t files) {
    return store::TreeEntry{name, Mode::directory, {}, 0, files};
  };
  CHECK(data::files_of({directory("a", 2), {"b", Mode::link, {}, 1, 7}}) == 3);
  CHECK(data::files_of({directory("a", UINT64_MAX), directory("b", 2)}) == UINT64_MAX);
}
