#include "meta/database.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "base/file.h"

using namespace mlops;

namespace {

struct Scratch {
  fs::path path = fs::temp_directory_path() / ("mlops-meta-" + random_hex(8));
  std::unique_ptr<store::Store> store;
  Scratch() {
    fs::create_directories(path);
    store::Store::create(path / "store");
    store = store::Store::open(path / "store");
  }
  ~Scratch() { fs::remove_all(path); }
  [[nodiscard]] std::unique_ptr<meta::Database> open() const { return meta::Database::open(path / "meta.db", *store); }
};

Json run_record(const std::string& id, const std::string& time) {
  return {{"type", "run"}, {"version", 1}, {"run_id", id}, {"time", time}};
}

std::vector<std::string> keys(const std::vector<meta::Entry>& entries) {
  std::vector<std::string> out;
  for (const auto& entry : entries) out.push_back(entry.key);
  return out;
}

}  // namespace

TEST_CASE("a sealed record is found by id, type, key and prefix, newest first") {
  Scratch scratch;
  const auto database = scratch.open();
  const Id first = database->seal(run_record("aaaa1111", "2026-01-01T00:00:00Z"));
  database->seal(run_record("bbbb2222", "2026-01-02T00:00:00Z"));
  database->seal({{"type", "model"}, {"version", 1}, {"name", "churn"}, {"number", 1}});
  CHECK(database->find(first)->key == "aaaa1111");
  CHECK_FALSE(database->find(sha256("nothing")));
  CHECK(keys(database->list({.type = "run", .key = ""})) == std::vector<std::string>{"bbbb2222", "aaaa1111"});
  CHECK(keys(database->list({.type = "run", .key = "", .limit = 1})) == std::vector<std::string>{"bbbb2222"});
  CHECK(keys(database->list({.type = "run", .key = "", .limit = 0, .newest_first = false})).front() == "aaaa1111");
  CHECK(database->match("run", "bbbb").size() == 1);
  CHECK(database->match("run", first.hex().substr(0, 10)).size() == 1);
  CHECK(database->match("run", "%").empty());
  CHECK(database->seal(run_record("aaaa1111", "2026-01-01T00:00:00Z")) == first);
  CHECK(database->list({.type = "run", .key = ""}).size() == 2);
}

TEST_CASE("the database is an index: deleted or damaged, it is rebuilt and answers the same") {
  Scratch scratch;
  scratch.open()->seal(run_record("aaaa1111", "2026-01-01T00:00:00Z"));
  fs::remove(scratch.path / "meta.db");
  CHECK(keys(scratch.open()->list({.type = "run", .key = ""})) == std::vector<std::string>{"aaaa1111"});
  replace_file(scratch.path / "meta.db", std::string(20000, 'x'));
  const auto database = scratch.open();
  CHECK(keys(database->list({.type = "run", .key = ""})) == std::vector<std::string>{"aaaa1111"});
  CHECK(fs::exists(scratch.path / "meta.db.damaged"));
  CHECK(database->check().empty());
  database->rebuild();
  CHECK(database->list({.type = "run", .key = ""}).size() == 1);
}

TEST_CASE("who has the database open notices that it was rebuilt or removed") {
  Scratch scratch;
  const auto server = scratch.open(), other = scratch.open();
  server->seal(run_record("aaaa1111", "2026-01-01T00:00:00Z"));
  other->rebuild();
  server->seal(run_record("bbbb2222", "2026-01-02T00:00:00Z"));
  CHECK(keys(other->list({.type = "run", .key = ""})) == std::vector<std::string>{"bbbb2222", "aaaa1111"});
  CHECK(keys(scratch.open()->list({.type = "run", .key = ""})).size() == 2);
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(scratch.path.string() + "/meta.db" + suffix);
  server->seal(run_record("cccc3333", "2026-01-03T00:00:00Z"));
  CHECK(keys(other->list({.type = "run", .key = ""})) == std::vector<std::string>{"cccc3333", "bbbb2222", "aaaa1111"});
}

TEST_CASE("a rebuild stands beside those who open, read and write, and they find every record") {
  Scratch scratch;
  scratch.open()->seal(run_record("first", "2026-01-01T00:00:00Z"));
  std::atomic<bool> done = false;
  std::array<std::string, 3> said;
  std::array<std::size_t, 3> sealed{};
  std::vector<std::thread> others;
  const auto beside = [&](std::size_t who, const std::function<void()>& step) {
    others.emplace_back([&, who, step] {
      while (!done) try {
          step();
        } catch (const std::exception& error) {
          said[who] = error.what();
          return;
        }
    });
  };
  const auto held = scratch.open();
  const auto see = [](meta::Database& database) {
    if (keys(database.list({.type = "run", .key = ""})).empty()) throw std::runtime_error("a record is gone");
  };
  beside(0, [&] { see(*held); });
  beside(1, [&] {
    const auto database = scratch.open();
    see(*database);
  });
  beside(2, [&] {
    held->seal(run_record(fmt::format("run{}", sealed[2]), "2026-01-02T00:00:00Z"));
    ++sealed[2];
  });
  for (int round = 0; round < 40; ++round) scratch.open()->rebuild();
  done = true;
  for (auto& thread : others) thread.join();
  for (const auto& sentence : said) CHECK(sentence == "");
  CHECK(scratch.open()->list({.type = "run", .key = ""}).size() == sealed[2] + 1);
  CHECK(scratch.open()->check().empty());
}

TEST_CASE("runs in progress come and go") {
  Scratch scratch;
  const auto database = scratch.open();
  database->put_active("r1", {{"a", 1}});
  database->put_active("r1", {{"a", 2}});
  REQUIRE(database->active().size() == 1);
  CHECK(database->active().front().second["a"] == 2);
  database->remove_active("r1");
  CHECK(database->active().empty());
}

TEST_CASE("every id in a record is kept, however deep it stands") {
  const std::string id = sha256("x").hex();
  std::size_t found = 0;
  meta::for_each_id({{"a", id}, {"b", {{"c", {id, "short", 7}}}}, {"d", id + "0"}}, [&](const Id&) { ++found; });
  CHECK(found == 2);
}
