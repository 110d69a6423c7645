#include "store/store.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "base/error.h"
#include "scratch.h"
#include "store/tree.h"

using namespace mlops;
using namespace mlops::store;

namespace {

ObjectRef add(Store& store, const std::string& bytes, std::uint64_t* added = nullptr) {
  const auto writer = store.writer();
  const auto object = writer->put_file(as_bytes(bytes));
  writer->commit();
  if (added != nullptr) *added = writer->new_bytes();
  return object;
}

std::string text(std::size_t lines) {
  std::string out;
  for (std::size_t i = 0; i < lines; ++i) out += "line " + std::to_string(i) + " of a table that compresses well\n";
  return out;
}

}  // namespace

TEST_CASE("what is put comes back, under the id that sha256sum gives") {
  const Scratch scratch;
  const auto store = scratch.open();
  for (const std::string& bytes : {std::string(), std::string("x"), noise(16 << 10), noise((16 << 10) + 1),
                                   noise(300000), noise(20 << 20), text(50000)}) {
    const auto object = add(*store, bytes);
    CHECK(object.id == sha256(bytes));
    CHECK(object.size == bytes.size());
    CHECK(store->file_size(object.id) == bytes.size());
    CHECK(store->read_whole_file(object.id) == bytes);
    CHECK(scratch.open()->read_whole_file(object.id) == bytes);
  }
}

TEST_CASE("a file from a descriptor is the same object as from memory") {
  const Scratch scratch;
  const auto store = scratch.open();
  for (const std::size_t size :
       {0u, 1u, 16384u, 262144u, 262145u, (8u << 20) - 1, 8u << 20, (8u << 20) + 1, (16u << 20) + 12345}) {
    const std::string bytes = noise(size, 7);
    replace_file(scratch.root / "file", bytes);
    const Fd fd = open_file(scratch.root / "file", O_RDONLY);
    const auto writer = store->writer();
    const auto object = writer->put_file(fd.get(), "file");
    writer->commit();
    CHECK(object == ObjectRef{Kind::file, sha256(bytes), size, 1});
    CHECK(store->read_whole_file(object.id) == bytes);
    std::uint64_t added = 1;
    add(*store, bytes, &added);
    CHECK(added == 0);
  }
}

TEST_CASE("a range costs and checks only its chunks") {
  const Scratch scratch;
  const auto store = scratch.open();
  const std::string bytes = noise(3 << 20);
  const auto object = add(*store, bytes);
  CHECK(store->read_range(object.id, 1'000'000, 500'000) == bytes.substr(1'000'000, 500'000));
  CHECK(store->read_range(object.id, bytes.size() - 5, 100) == bytes.substr(bytes.size() - 5));
  CHECK(store->read_range(object.id, bytes.size(), 1).empty());
  CHECK(store->read_range(add(*store, "abc").id, 1, 1) == "b");
}

TEST_CASE("an inserted mebibyte costs little more than itself") {
  const Scratch scratch;
  const auto store = scratch.open();
  const std::string before = noise(64 << 20), middle = noise(1 << 20, 2);
  add(*store, before);
  std::uint64_t added = 0;
  add(*store, before.substr(0, 32 << 20) + middle + before.substr(32 << 20), &added);
  CHECK(added >= middle.size());
  CHECK(added < middle.size() + (512 << 10) + 36 * 1100);  // a chunk on either side, and the recipe
}

TEST_CASE("what is not committed is not there, and leaves nothing") {
  const Scratch scratch;
  const auto store = scratch.open();
  { store->writer()->put_chunk(as_bytes(std::string("lost"))); }
  CHECK_FALSE(store->has_file(sha256("lost")));
  CHECK(fs::is_empty(scratch.root / "tmp"));
  CHECK(fs::is_empty(scratch.root / "leases"));
}

TEST_CASE("several threads put through one writer") {
  const Scratch scratch;
  const auto store = scratch.open();
  const auto writer = store->writer();
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < 4; ++t)
      threads.emplace_back([&writer, t] {
        for (unsigned i = 0; i < 200; ++i) writer->put_file(as_bytes(noise(1000 + 777 * i, i + t % 2 * 1000)));
      });
  }
  writer->commit();
  for (unsigned i = 0; i < 200; ++i)
    for (const unsigned seed : {i, i + 1000}) {
      const auto bytes = noise(1000 + 777 * i, seed);
      CHECK(store->read_whole_file(sha256(bytes)) == bytes);
    }
}

TEST_CASE("a store that is open finds what another process added") {
  const Scratch scratch;
  const auto first = scratch.open(), second = scratch.open();
  CHECK_FALSE(first->has_file(sha256("news")));
  add(*second, "news");
  CHECK(first->has_file(sha256("news")));
  CHECK(first->read_whole_file(sha256("news")) == "news");
}

TEST_CASE("many small packs are found through one index") {
  const Scratch scratch;
  const auto store = scratch.open();
  for (int i = 0; i < 60; ++i) add(*store, "file " + std::to_string(i));
  CHECK(fs::exists(scratch.directory / "multi.index"));
  const auto fresh = scratch.open();
  for (int i = 0; i < 60; ++i) CHECK(fresh->has_file(sha256("file " + std::to_string(i))));
}

TEST_CASE("ids are found by their beginning") {
  const Scratch scratch;
  const auto store = scratch.open();
  const auto id = add(*store, "abc").id;
  add(*store, "other");
  CHECK(store->find(Kind::chunk, "ba78") == std::vector<Id>{id});
  CHECK(store->find(Kind::chunk, id.hex()) == std::vector<Id>{id});
  CHECK(store->find(Kind::record, "ba78").empty());
  CHECK_THROWS_AS(store->find(Kind::chunk, "xyz"), Error);
  std::size_t count = 0;
  store->for_each(Kind::chunk, [&](const Id&) { ++count; });
  CHECK(count == 2);
}

TEST_CASE("records and trees keep their bytes") {
  const Scratch scratch;
  const auto store = scratch.open();
  const auto writer = store->writer();
  const std::string tree = encode_tree({{"a", Mode::file, sha256("a"), 1, 1}});
  const Id tree_id = writer->put_tree(tree), record_id = writer->put_record(R"({"type":"x","version":1})");
  writer->commit();
  CHECK(store->get(Kind::tree, tree_id) == tree);
  CHECK(store->get(Kind::record, record_id) == R"({"type":"x","version":1})");
}

TEST_CASE("a missing object is named") {
  const Scratch scratch;
  try {
    (void)scratch.open()->read_whole_file(sha256("abc"));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.message() == "file ba7816bf8f01 is not in the store");
  }
}

TEST_CASE("a newer format is refused in words") {
  const Scratch scratch;
  replace_file(scratch.directory / "format", "mlops store\nversion: 2\n");
  CHECK_THROWS_WITH(scratch.open(), Catch::Contains("version 2"));
  CHECK_THROWS_WITH(Store::open(scratch.root / "nowhere"), Catch::Contains("there is no store"));
}
