#include "code/git.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>

#include "base/hash.h"

using namespace mlops;
using code::Git;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("mlops-git-" + random_hex(8));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
  void git(const std::string& arguments) const {
    const std::string command =
        "git -C " + path.string() + " -c user.name=t -c user.email=t@t " + arguments + " >/dev/null 2>&1";
    REQUIRE(std::system(command.c_str()) == 0);
  }
};

std::map<std::string, std::vector<std::string>> versions(Git& git) {
  std::map<std::string, std::vector<std::string>> out;
  git.for_each_version([](std::string_view path) { return path.ends_with(".mlops"); },
                       [&](const std::string& path, const std::string& bytes) { out[path].push_back(bytes); });
  return out;
}

}  // namespace

TEST_CASE("no repository is an answer, not an error") {
  Folder folder;
  CHECK(Git::discover(folder.path) == nullptr);
}

TEST_CASE("a snapshot holds uncommitted changes and touches neither index nor work tree") {
  Folder folder;
  folder.git("init -q");
  folder.write("a.py", "one");
  folder.write(".gitignore", "big\n");
  folder.git("add . ");
  folder.git("commit -qm first");
  const auto git = Git::discover(folder.path);
  REQUIRE(git);
  const auto clean = git->snapshot(1000);
  CHECK(clean.commit == git->head()->id);

  folder.write("a.py", "two");
  folder.write("new/b.py", "new");
  folder.write("big", "ignored");
  folder.write("large.bin", std::string(2000, 'x'));
  const auto taken = git->snapshot(1000);
  CHECK(taken.changed == std::vector<std::string>{"a.py", "new/b.py"});
  CHECK(taken.skipped == std::vector<std::string>{"large.bin"});
  CHECK(git->read(taken.commit, "a.py") == "two");
  CHECK(git->read(taken.commit, "new/b.py") == "new");
  CHECK(git->read("HEAD", "a.py") == "one");
  CHECK(git->snapshot(1000).commit == taken.commit);
  CHECK(git->changes().size() == 3);
}

TEST_CASE("every version of a pointer is found: branches, stashes, amended commits, the index") {
  Folder folder;
  folder.git("init -q");
  folder.write("d.mlops", "v1");
  folder.git("add .");
  folder.git("commit -qm 1");
  folder.write("d.mlops", "v2");
  folder.git("commit -qam 2");
  folder.write("d.mlops", "v3");
  folder.git("commit -qa --amend -m 3");
  folder.write("d.mlops", "stashed");
  folder.git("stash");
  folder.write("d.mlops", "staged");
  folder.git("add d.mlops");
  const auto git = Git::discover(folder.path);
  auto found = versions(*git)["d.mlops"];
  std::sort(found.begin(), found.end());
  CHECK(found == std::vector<std::string>{"staged", "stashed", "v1", "v2", "v3"});
}

TEST_CASE("a repository without a commit") {
  Folder folder;
  folder.git("init -q");
  folder.write("a", "x");
  const auto git = Git::discover(folder.path);
  CHECK_FALSE(git->head());
  const auto taken = git->snapshot(1000);
  CHECK(git->read(taken.commit, "a") == "x");
}
