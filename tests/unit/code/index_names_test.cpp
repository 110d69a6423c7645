#include <catch2/catch.hpp>

#include <algorithm>

#include "base/file.h"
#include "base/process.h"
#include "base/temporary.h"
#include "base/text.h"
#include "code/index_names.h"

using namespace mlops;

namespace {

std::string git(const fs::path& directory, std::vector<std::string> words) {
  words.insert(words.begin(), {"git", "-c", "user.name=T", "-c", "user.email=t@localhost"});
  std::string out;
  ProcessOptions options;
  options.argv = std::move(words);
  options.directory = directory;
  options.on_output = [&](std::string_view text) { out += text; };
  REQUIRE(run_process(options).exit_code == 0);
  return out;
}

std::vector<std::string> listed(const fs::path& directory) {
  auto out = split(git(directory, {"ls-files", "-z"}), '\0');
  std::erase(out, "");
  return out;
}

}  // namespace

TEST_CASE("the names in an index are those that git lists, and other layouts are left to libgit2") {
  const TemporaryFolder folder(fs::temp_directory_path());
  const fs::path top = fs::canonical(folder.path());
  git(top, {"init", "-q"});
  CHECK(code::index_names(top)->names.empty());
  for (int i = 1; i < 40; ++i) {
    fs::create_directories(top / "d");
    replace_file(top / "d" / std::string(static_cast<std::size_t>(i), 'x'), "x", 0644, false);  // every padding
  }
  git(top, {"add", "-A"});
  CHECK(code::index_names(top / "d")->names == listed(top));
  CHECK(code::index_names(top / "d")->work_tree == top);
  replace_file(top / "intended", "x", 0644, false);
  git(top, {"add", "-N", "intended"});  // version 3
  CHECK(code::index_names(top)->names == listed(top));
  const std::string bytes = read_file(top / ".git/index");
  for (std::size_t size = 0; size < bytes.size(); size += 7) CHECK(!code::parse_index(bytes.substr(0, size)));
  git(top, {"update-index", "--index-version", "4"});
  CHECK(!code::index_names(top));
  git(top, {"update-index", "--index-version", "2"});
  CHECK(code::index_names(top)->names == listed(top));
  git(top, {"update-index", "--split-index"});
  CHECK(!code::index_names(top));
}
