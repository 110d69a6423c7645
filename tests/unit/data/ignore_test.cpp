#include "data/ignore.h"

#include <catch2/catch.hpp>

using namespace mlops::data;

TEST_CASE("ignore patterns match as git's do") {
  struct Case {
    const char *pattern, *path;
    bool directory, ignored;
  };
  for (const auto& [pattern, path, directory, ignored] :
       std::initializer_list<Case>{{"*.tmp", "a.tmp", false, true},
                                   {"*.tmp", "d/e/a.tmp", false, true},
                                   {"*.tmp", "a.tmpx", false, false},
                                   {"cache/", "cache", true, true},
                                   {"cache/", "cache", false, false},
                                   {"cache/", "d/cache", true, true},
                                   {"/top", "top", false, true},
                                   {"/top", "d/top", false, false},
                                   {"a/b", "a/b", false, true},
                                   {"a/b", "x/a/b", false, false},
                                   {"**/b", "a/x/b", false, true},
                                   {"**/b", "b", false, true},
                                   {"a/**", "a/x/y", false, true},
                                   {"a/**", "a", true, false},
                                   {"a/**/b", "a/b", false, true},
                                   {"a/**/b", "a/x/y/b", false, true},
                                   {"a/*/b", "a/x/b", false, true},
                                   {"a/*/b", "a/x/y/b", false, false},
                                   {"?.c", "a.c", false, true},
                                   {"?.c", "ab.c", false, false},
                                   {"[a-c]x", "bx", false, true},
                                   {"[!a-c]x", "bx", false, false},
                                   {"[]x]", "]", false, true},
                                   {"\\#a", "#a", false, true},
                                   {"#a", "#a", false, false},
                                   {"a ", "a", false, true},
                                   {"a\\ ", "a ", false, true},
                                   {"*", "x", false, true},
                                   {"x*y*z", "xaybz", false, true},
                                   {"", "x", false, false},
                                   {"[x", "[x", false, false},
                                   {"a*", "a/b", false, false},
                                   {"foo**", "foo", false, true},
                                   {"foo**", "foobar", false, true},
                                   {"a**/b", "ax/b", false, true},
                                   {"a**/b", "ax/y/b", false, true},
                                   {"/foo**", "foo", false, true},
                                   {"a**/*", "a", false, true},
                                   {"x/**b", "x/ab", false, true},
                                   {"x/**b", "x/a/b", false, false},
                                   {"**", "a", false, true},
                                   {"v[[:digit:]]", "v7", false, true},
                                   {"v[[:digit:]]", "vx", false, false},
                                   {"v[[:digit:]x]", "vx", false, true},
                                   {"v[![:upper:]]", "vX", false, false},
                                   {"v[[:nothing:]]", "vn", false, false}}) {
    INFO(pattern << " on " << path);
    CHECK(IgnoreRules("", pattern, nullptr).ignores(path, directory) == ignored);
  }
}

TEST_CASE("many stars cost no more than their number") {
  std::string stars, directories;
  for (int i = 0; i < 40; ++i) {
    stars += "*a";
    directories += "**/a*/";
  }
  const std::string name(250, 'a'), path = [] {
    std::string out;
    for (int i = 0; i < 60; ++i) out += "ab/";
    return out + "c";
  }();
  CHECK(IgnoreRules("", stars, nullptr).ignores(name, false));
  CHECK_FALSE(IgnoreRules("", stars + "b", nullptr).ignores(name, false));
  CHECK(IgnoreRules("", directories + "c", nullptr).ignores(path, false));
  CHECK_FALSE(IgnoreRules("", directories + "d", nullptr).ignores(path, false));
}

TEST_CASE("the last pattern decides, and the deepest file") {
  const IgnoreRules one("", "*.csv\n!keep.csv\r\n", nullptr);
  CHECK(one.ignores("a.csv", false));
  CHECK_FALSE(one.ignores("keep.csv", false));
  const auto above = std::make_shared<const IgnoreRules>("", "*.csv\n", nullptr);
  const IgnoreRules below("d", "!*.csv\n/x\n", above);
  CHECK_FALSE(below.ignores("d/a.csv", false));
  CHECK(below.ignores("d/x", false));
  CHECK_FALSE(below.ignores("d/e/x", false));
}
