#include "base/shell_word.h"

#include <catch2/catch.hpp>

using namespace mlops;

TEST_CASE("a shell reads back what is printed for it") {
  CHECK(shell_word("data/a-1.csv") == "data/a-1.csv");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's") == R"('it'\''s')");
  CHECK(shell_word("glob*[x]") == "'glob*[x]'");
  CHECK(shell_word("größe") == "'größe'");
  CHECK(shell_word("a\nb\\\x1b'") == R"($'a\x0ab\\\x1b\'')");
  CHECK(shell_path("-x") == "./-x");
  CHECK(shell_path("-x y") == "'./-x y'");
  CHECK(shell_paths({"a", "b c"}) == "a 'b c'");
  CHECK(shell_paths({"a", "b"}, 1) == "PATH…");
}
