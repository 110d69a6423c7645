#include "meta/links.h"

#include <catch2/catch.hpp>

#include "base/file.h"

using namespace mlops;

namespace {

std::vector<std::string> keys(const std::vector<meta::LinkedKey>& linked) {
  std::vector<std::string> out;
  for (const auto& one : linked) out.push_back(one.key);
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("records are found by the ids that they name, however deep, also after a rebuild") {
  const fs::path folder = fs::temp_directory_path() / ("mlops-links-" + random_hex(8));
  fs::create_directories(folder);
  store::Store::create(folder / "store");
  const auto store = store::Store::open(folder / "store");
  const auto database = meta::Database::open(folder / "meta.db", *store);
  const std::string object(64, 'a'), commit(40, 'b'), run(32, 'c'), upper(64, 'A'), shorter(63, 'a');
  const auto seal = [&](const std::string& key, const std::string& time, const Json& more) {
    Json record{{"type", "run"}, {"version", 1}, {"run_id", key}, {"time", time}};
    record.update(more);
    return database->seal(record);
  };
  seal("one", "2026-01-01T00:00:00Z", {{"deps", {{{"tree", object}}}}, {"commit", commit}, {"text", shorter}});
  seal("two", "2026-01-02T00:00:00Z", {{"outs", {{"file", object}}}, {"note", upper}});
  seal("one", "2026-01-03T00:00:00Z", {{"deps", {{{"tree", object}}}}});  // a later revision
  database->seal(
      {{"type", "model"}, {"version", 1}, {"name", "churn"}, {"run_id", run}, {"object", {{"tree", object}}}});
  for (int i = 0; i < 2; ++i) {
    CHECK(keys(meta::linked_keys(*database, object, "run")) == Texts{"one", "two"});
    CHECK(keys(meta::linked_keys(*database, commit, "run")) == Texts{"one"});
    CHECK(keys(meta::linked_keys(*database, run, "model")) == Texts{"churn"});
    CHECK(meta::linked_keys(*database, shorter, "run").empty());
    CHECK(meta::linked_keys(*database, upper, "run").empty());
    CHECK(meta::linked_records(*database, object, "run", 0).size() == 3);
    const auto newest = meta::linked_records(*database, object, "run", 1);
    REQUIRE(newest.size() == 1);
    CHECK(newest.front().key == "one");
    CHECK(meta::link_targets(*database, "run", 64) == Texts{object});
    database->rebuild();
  }
  fs::remove_all(folder);
}
