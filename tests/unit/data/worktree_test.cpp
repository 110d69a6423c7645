#include "data/worktree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/file.h"
#include "data/beneath.h"
#include "data/diff.h"
#include "data/roots.h"
#include "data/stat_cache.h"
#include "empty_project.h"

using namespace mlops;
using namespace mlops::data;

namespace {

struct Project : EmptyProject {
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root / path).parent_path());
    replace_file(root / path, text, 0644, false);
  }
  [[nodiscard]] std::string read(const std::string& path) const { return read_file(root / path); }
  Snapshot add(const std::string& path) { return snapshot(*repository, path); }
  Id look(const std::string& path) {
    return snapshot(*repository, path, {.keep = false, .progress = nullptr, .stop = {}}).object.id;
  }
  // Older than the clock's tick, so that the stat cache takes it.
  void settle() const {
    for (const auto& entry : fs::recursive_directory_iterator(root))
      if (entry.is_regular_file())
        fs::last_write_time(entry.path(), fs::file_time_type::clock::now() - std::chrono::seconds(10));
    ::usleep(50'000);
  }
};

}  // namespace

TEST_CASE("a snapshot comes back") {
  Project project;
  project.write("d/a", "1");
  project.write("d/sub/b", "22");
  fs::create_directory(project.root / "d/empty");
  fs::create_symlink("sub/b", project.root / "d/link");
  const auto kept = project.add("d");
  CHECK(kept.object.files == 3);
  CHECK(kept.object.size == 1 + 2 + 5);
  CHECK(project.look("d") == kept.object.id);
  fs::remove_all(project.root / "d");
  const auto restored = restore(*project.repository, kept.object, "d");
  CHECK(restored.written == 3);
  CHECK(project.read("d/sub/b") == "22");
  CHECK(fs::read_symlink(project.root / "d/link") == "sub/b");
  CHECK(fs::is_directory(project.root / "d/empty"));
  CHECK(restore(*project.repository, kept.object, "d").written == 0);
  CHECK(project.add("d").new_bytes == 0);
}

TEST_CASE("a change is seen whatever it keeps the same") {
  Project project;
  project.write("d/a", "one");
  project.settle();
  const auto before = project.add("d").object.id;
  CHECK(project.look("d") == before);
  struct stat info {};
  REQUIRE(::stat((project.root / "d/a").c_str(), &info) == 0);
  project.write("d/a", "two");  // same size
  const timespec times[2] = {info.st_atim, info.st_mtim};
  REQUIRE(::utimensat(AT_FDCWD, (project.root / "d/a").c_str(), times, 0) == 0);  // same mtime
  CHECK(project.look("d") != before);
  // In place, at once after it was read: too close to tell by its time, so it is read again.
  for (int i = 0; i < 50; ++i) {
    const std::string text = "x" + std::to_string(i % 10);
    {
      const Fd fd = open_file(project.root / "d/a", O_WRONLY | O_TRUNC);
      write_all(fd.get(), text, "a");
    }
    const auto object = snapshot(*project.repository, "d/a", {.keep = false, .progress = nullptr, .stop = {}}).object;
    REQUIRE(object.id == sha256(text));
  }
}

TEST_CASE("an id that the stat cache knows is not taken for stored bytes") {
  Project project;
  project.write("d/a", "never kept");
  project.settle();
  const auto id = project.look("d");  // fills the cache
  CHECK_FALSE(project.repository->store().has_file(sha256("never kept")));
  CHECK(project.add("d").object.id == id);
  CHECK(project.repository->store().has_file(sha256("never kept")));
}

TEST_CASE("bytes that are saved nowhere stop a restore; force stores them first") {
  Project project;
  project.write("d/a", "1");
  const auto version = project.add("d").object;
  project.write("d/a", "changed");
  CHECK_THROWS_WITH(restore(*project.repository, version, "d"), "d/a has changes that are saved nowhere");
  CHECK(project.read("d/a") == "changed");
  RestoreOptions force;
  force.force = true;
  const auto restored = restore(*project.repository, version, "d", force);
  CHECK(project.read("d/a") == "1");
  REQUIRE(restored.saved);
  CHECK(project.repository->store().read_whole_file(sha256("changed")) == "changed");
}

TEST_CASE("kinds change into each other") {
  Project project;
  project.write("d/x/inside", "1");
  project.write("d/y", "2");
  const auto first = project.add("d").object;
  fs::remove_all(project.root / "d");
  project.write("d/x", "now a file");
  fs::create_symlink("x", project.root / "d/y");
  const auto second = project.add("d").object;
  CHECK_THROWS_WITH(restore(*project.repository, first, "d"),
                    "d/x, d/y have changes that are saved nowhere");  // no pointer names the second
  RestoreOptions force;
  force.force = true;
  for (const auto& version : {first, second, first}) {
    restore(*project.repository, version, "d", force);
    CHECK(project.look("d") == version.id);
  }
  restore(*project.repository, {store::Kind::file, sha256("1"), 1, 1}, "d", force);
  CHECK(project.read("d") == "1");
  remove_path(*project.repository, "d");
  CHECK_FALSE(fs::exists(project.root / "d"));
}

TEST_CASE("nothing is read or written through a link") {
  Project project;
  const fs::path outside = project.root.string() + "-outside";
  fs::create_directories(outside);
  replace_file(outside / "f", "untouched");
  project.write("d/s/f", "1");
  const auto version = project.add("d").object;
  fs::remove_all(project.root / "d/s");
  fs::create_symlink(outside, project.root / "d/s");
  CHECK_THROWS_AS(restore(*project.repository, version, "d"), Error);
  CHECK_THROWS_AS(project.add("d/s/f"), Error);
  CHECK_THROWS_AS(Beneath(project.root).replace("d/s/f", "x"), Error);
  CHECK_THROWS_AS(Beneath(project.root).open_directory(".."), Error);
  CHECK(read_file(outside / "f") == "untouched");
  fs::remove_all(outside);
}

TEST_CASE("pointers keep what they do not know") {
  const auto pointer = parse_pointer("mlops: 1\ntree: " + sha256("x").hex() + "\nsize: 5\nfiles: 2\n", "p");
  CHECK(pointer.object == ObjectRef{store::Kind::tree, sha256("x"), 5, 2});
  CHECK_THROWS_AS(parse_pointer("tree: 00", "p"), Error);
  CHECK_THROWS_AS(parse_pointer("mlops: 1\nfile: " + sha256("x").hex() + "\nsize: -1\n", "p"), Error);
  Project project;
  project.write("d.mlops", "mlops: 1\nfile: " + sha256("x").hex() + "\nfrom: s3://a\nlist:\n- 1\n");
  write_pointer(*project.repository, "d", {store::Kind::tree, sha256("y"), 1, 1},
                read_pointer(*project.repository, "d"));
  CHECK(project.read("d.mlops") ==
        "mlops: 1\ntree: " + sha256("y").hex() + "\nsize: 1\nfiles: 1\nfrom: s3://a\nlist:\n- 1\n");
}

TEST_CASE(".gitignore lines stand for the name itself") {
  Project project;
  for (const char* name : {"plain", "with blank", "st*r", "[x]"}) ignore_in_git(*project.repository, name);
  ignore_in_git(*project.repository, "plain");
  CHECK(project.read(".gitignore") == "/plain\n/with blank\n/st\\*r\n/\\[x]\n");
  unignore_in_git(*project.repository, "st*r");
  CHECK(project.read(".gitignore") == "/plain\n/with blank\n/\\[x]\n");
}

TEST_CASE("tracked paths are found where git would look") {
  Project project;
  for (const char* path : {"a.mlops", "sub/b.mlops", "ignored/c.mlops", "a/inside.mlops", "sub/mlops.lock"})
    project.write(path, "mlops: 1\n");
  project.write(".gitignore", "ignored/\n");
  CHECK(tracked_paths(*project.repository) == std::vector<std::string>{"a", "sub/b"});
  CHECK(lock_files(*project.repository) == std::vector<std::string>{"sub/mlops.lock"});
}

TEST_CASE("a path that a user typed") {
  Project project;
  fs::current_path(project.root);
  fs::create_directory("sub");
  CHECK(project.repository->relative("a/../d/") == "d");
  CHECK(project.repository->relative(project.root / "d") == "d");
  CHECK(project.repository->relative(".") == ".");
  for (const char* path : {"..", "../x", "/etc", ".git", ".mlops/store", "", "a/.GIT/b"})
    CHECK_THROWS_AS(project.repository->relative(path), Error);
  fs::current_path("sub");
  CHECK(project.repository->relative("../d") == "d");
  CHECK(Repository::open(".")->root() == project.root);
  fs::current_path("/");
}

TEST_CASE("differences without opening what is equal") {
  Project project;
  project.write("d/same/x", "1");
  project.write("d/gone", "1");
  project.write("d/changed", "1");
  const auto before = project.add("d").object;
  fs::remove(project.root / "d/gone");
  project.write("d/changed", "2");
  project.write("d/new/y", "1");
  std::string seen;
  for (const auto& change : diff(stored_side(*project.repository, before), work_side(*project.repository, "d"), "d"))
    seen += std::string(1, change.kind) + change.path + " ";
  CHECK(seen == "~d/changed -d/gone +d/new/y ");
}

TEST_CASE("the stat cache: strict, and only a cache") {
  const fs::path file = fs::temp_directory_path() / ("mlops-unit-" + random_hex(12));
  const FileStat stat{5, 7, 1'000'000'001, 2'000'000'001};
  StatCache().save(
      file, {{""}, {{"d", {{"b", stat, sha256("b")}, {"a", stat, sha256("a")}}}, {"", {{"top", stat, sha256("t")}}}}});
  const std::string good = read_file(file);
  const auto known = [&] {
    const auto cache = StatCache::load(file);
    auto d = cache.directory("d");
    return d.find("a", stat) == sha256("a") && d.find("b", stat) == sha256("b") && !d.find("c", stat);
  };
  REQUIRE(known());
  auto cache = StatCache::load(file);
  CHECK_FALSE(cache.directory("d").find("a", {5, 8, 1'000'000'001, 2'000'000'001}));
  cache.save(file, {{"d"}, {{"d", {{"c", stat, sha256("c")}}}}});
  CHECK(StatCache::load(file).directory("d").find("c", stat) == sha256("c"));
  CHECK_FALSE(StatCache::load(file).directory("d").find("a", stat));
  CHECK(StatCache::load(file).directory("").find("top", stat) == sha256("t"));
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 16);
    replace_file(file, bad, 0600, false);
    REQUIRE_FALSE(StatCache::check(file).empty());
    REQUIRE_FALSE(known());
    replace_file(file, good.substr(0, at), 0600, false);
    REQUIRE_FALSE(StatCache::check(file).empty());
  }
  fs::remove(file);
}

TEST_CASE("ids are found in any text") {
  const std::string id = sha256("x").hex();
  std::vector<Id> found;
  for_each_id_in("a: " + id + "\nb: " + id + "0\nc: 'x" + id.substr(1) + "'\nd: [" + id + "]",
                 [&](const Id& one) { found.push_back(one); });
  CHECK(found == std::vector<Id>{sha256("x"), sha256("x")});
}
