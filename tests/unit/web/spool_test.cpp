// Bodies and answers larger than memory should be: into a file without a name, out piece by piece.
#include "web/spool.h"

#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "web/router.h"

using namespace mlops;
using namespace mlops::web;

namespace {

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "spool-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path;
};

}  // namespace

TEST_CASE("small bodies stay in memory, large ones go into a file without a name") {
  const Folder folder;
  IncomingBody body{"", folder.path};
  const std::string piece(100'000, 'x');
  body.append(piece);
  body.append(piece);
  CHECK(body.file == nullptr);
  body.append(std::string(100'000, 'y'));
  REQUIRE(body.file != nullptr);
  CHECK(body.text.empty());
  CHECK(body.file->size == 300'000);
  CHECK(std::filesystem::is_empty(folder.path));
  std::string back(300'000, ' ');
  REQUIRE(::pread(body.file->file.get(), back.data(), back.size(), 0) == 300'000);
  CHECK(back == piece + piece + std::string(100'000, 'y'));
}

TEST_CASE("without a directory everything stays in memory") {
  IncomingBody body;
  body.append(std::string(1'000'000, 'x'));
  CHECK(body.file == nullptr);
  CHECK(body.text.size() == 1'000'000);
}

TEST_CASE("a pattern's last part may take the rest of the path") {
  const Router router({{"GET", "/files", Permission::read, [](const Request&) { return Response{}; }},
                       {"GET", "/files/{path...}", Permission::read, [](const Request&) { return Response{}; }}});
  CHECK(router.match("GET", "/files").route == &router.routes()[0]);
  CHECK(router.match("GET", "/files/a").parameters == std::vector<std::string>{"a"});
  CHECK(router.match("GET", "/files/a/b%20c/d").parameters == std::vector<std::string>{"a/b c/d"});
  CHECK(router.match("GET", "/files/a/%2e%2e/d").status == 400);
  CHECK(router.match("GET", "/files/").route == nullptr);
}
