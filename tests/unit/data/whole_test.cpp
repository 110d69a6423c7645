#include "data/whole.h"

#include <catch2/catch.hpp>

#include "base/file.h"
#include "data/kept.h"
#include "data/tree_edit.h"
#include "data/worktree.h"
#include "empty_project.h"
#include "store/chunker.h"
#include "store/store_writer.h"

using namespace mlops;
using namespace mlops::data;

namespace {

std::string random_text(std::size_t size) {
  std::string text(size, '\0');
  std::uint64_t state = 1;
  for (auto& c : text) c = static_cast<char>((state = state * 6364136223846793005u + 1442695040888963407u) >> 56);
  return text;
}

// What a lost pack may leave: a file's recipe, and only its first chunk.
store::Recipe put_torn(store::Store& store, const std::string& text) {
  store::Recipe recipe{sha256(text), text.size(), {}};
  const auto bytes = std::as_bytes(std::span(text));
  for (std::size_t at = 0; at < bytes.size();) {
    const auto length = store::first_chunk(bytes.subspan(at));
    recipe.chunks.push_back({sha256(std::string_view(text).substr(at, length)), static_cast<std::uint32_t>(length)});
    at += length;
  }
  const auto writer = store.writer();
  writer->put_chunk(bytes.first(recipe.chunks.front().length));
  dynamic_cast<store::StoreWriter&>(*writer).put_recipe(recipe);
  writer->commit();
  return recipe;
}

}  // namespace

TEST_CASE("a recipe without its chunks is no file, and adding the file puts them") {
  EmptyProject project;
  const std::string text = random_text(700'000);
  auto& store = project.repository->store();
  const auto recipe = put_torn(store, text);
  REQUIRE(recipe.chunks.size() > 2);
  CHECK(store.has_file(recipe.file));
  CHECK_FALSE(has_whole_file(store, recipe.file));
  CHECK_FALSE(holds_whole_file(store, *store.writer(), recipe.file));
  fs::create_directories(project.root / "d");
  replace_file(project.root / "d/a", text, 0644, false);
  const auto version = snapshot(*project.repository, "d").object;
  CHECK(has_whole_file(store, recipe.file));
  fs::remove_all(project.root / "d");
  restore(*project.repository, version, "d");
  CHECK(read_file(project.root / "d/a") == text);
}

TEST_CASE("nothing is removed for a version whose files are not here") {
  EmptyProject project;
  auto& store = project.repository->store();
  const auto torn = put_torn(store, random_text(700'000));
  const auto writer = store.writer();
  const Id tree = writer->put_tree(store::encode_tree({{"a", store::Mode::file, torn.file, torn.size, 1}}));
  writer->commit();
  fs::create_directories(project.root / "d");
  replace_file(project.root / "d/old", "old", 0644, false);
  RestoreOptions force;
  force.force = true;
  CHECK_THROWS_WITH(restore(*project.repository, {store::Kind::tree, tree, torn.size, 1}, "d", force),
                    "\"d/a\" is not in the store");
  CHECK(read_file(project.root / "d/old") == "old");
}

TEST_CASE("what few trees unfold to is not walked path by path") {
  EmptyProject project;
  auto& store = project.repository->store();
  const auto writer = store.writer();
  const std::string text = "x";
  const Id file = writer->put_file(std::as_bytes(std::span(text))).id;
  Id tree = writer->put_tree(store::encode_tree({{"f", store::Mode::file, file, 1, 1}}));
  const auto named = [&](const char* name) { return store::TreeEntry{name, store::Mode::directory, tree, 1, 1}; };
  for (int level = 0; level < 60; ++level) tree = writer->put_tree(store::encode_tree({named("a"), named("b")}));
  writer->commit();
  CHECK(has_whole_version(store, {store::Kind::tree, tree, 1, 1}));  // it would not end
  TreeEdit edit(*project.repository, "d");
  check_links(edit, store, {"d", store::Mode::directory, tree, 1, 1}, 0, "d");
  write_pointer(*project.repository, "d", {store::Kind::tree, tree, 1, 1}, read_pointer(*project.repository, "d"));
  CHECK_THROWS_WITH(lost_with_pointer(*project.repository, "d", "d"), Catch::Contains("d/"));
}
