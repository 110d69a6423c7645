// gc beside writers: what is put anew stays, whoever put it and however early, and what comes back is condemned anew.
#include <catch2/catch.hpp>

#include <chrono>
#include <thread>

#include "base/progress.h"
#include "scratch.h"
#include "store/check.h"
#include "store/gc.h"
#include "store/store_writer.h"

namespace mlops::store {
namespace {

const std::string k_text = noise(100'000);
const Id k_file = sha256(k_text);

// One pack, always of the same name.
void put(Writer& writer) {
  writer.put_file(as_bytes(k_text));
  writer.commit();
}

void put(Store& store) { put(*store.writer()); }

GcReport collect(
    Store& store, Micros grace = 1, const Roots& roots = [](const auto&) {}) {
  return collect_garbage(store, roots, {grace, false, nullptr, {}});
}

// One byte of the object rots in every pack that holds it as it is.
void rot(const Scratch& scratch, const std::string& bytes) {
  for (const auto& entry : fs::directory_iterator(scratch.directory / "packs")) {
    if (entry.path().extension() != ".pack") continue;
    std::string pack = read_file(entry.path());
    const auto at = pack.find(bytes);
    if (at == std::string::npos) continue;
    pack[at + bytes.size() / 2] ^= 1;
    replace_file(entry.path(), pack);
  }
}

std::string read(const Scratch& scratch) {
  std::string out;
  scratch.open()->read_file(k_file, [&](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  return out;
}

}  // namespace

TEST_CASE("of two copies the whole one stays, whatever their packs are called") {
  const bool known = GENERATE(true, false);
  for (unsigned seed = 1; seed <= 8; ++seed) {
    const Scratch scratch;
    const auto store = scratch.open();
    const std::string one = noise(5000, seed), beside = noise(5000, seed + 100);
    const auto writer = store->writer();
    writer->put_chunk(as_bytes(one));
    writer->put_chunk(as_bytes(beside));
    writer->commit();
    rot(scratch, one);
    if (known) check(*scratch.open(), no_progress());
    const auto other = scratch.open();
    StoreWriter again(dynamic_cast<LocalStore&>(*other), true);
    again.put_chunk(as_bytes(one));
    again.commit();
    collect(*scratch.open(), 1'000'000'000, [&](const auto& visit) {
      visit(sha256(one));
      visit(sha256(beside));
    });
    CHECK(scratch.open()->get(Kind::chunk, sha256(one)) == one);
    CHECK(scratch.open()->get(Kind::chunk, sha256(beside)) == beside);
  }
}

TEST_CASE("what is condemned goes, once everybody at work knows it") {
  const Scratch scratch;
  const auto store = scratch.open();
  put(*store);
  auto early = store->hold();
  CHECK(collect(*store).condemned.objects > 0);
  CHECK(collect(*store).deleted.objects == 0);
  CHECK(read(scratch) == k_text);
  const auto late = store->hold();
  CHECK(collect(*store).deleted.objects == 0);
  early.reset();
  CHECK(collect(*store).deleted.objects == 0);  // the list is newer than the late one
}

TEST_CASE("who knows that something is condemned keeps it from nothing") {
  const Scratch scratch;
  const auto store = scratch.open();
  put(*store);
  collect(*store);
  const auto late = store->hold();
  CHECK(collect(*store).deleted.objects > 0);
  CHECK_FALSE(scratch.open()->has_file(k_file));
}

TEST_CASE("what a writer puts again stays, although nothing refers to it yet") {
  const Scratch scratch;
  const auto store = scratch.open();
  put(*store);
  collect(*store);
  const auto other = scratch.open();
  auto writer = other->writer();
  SECTION("before a gc looks") {
    put(*writer);
    CHECK(collect(*store).deleted.objects == 0);
  }
  SECTION("after it has looked") {
    collect(*store, 1, [&](const auto&) { put(*writer); });
  }
  SECTION("between two looks of a gc without grace") {
    writer = nullptr;
    int calls = 0;
    collect(*store, 0, [&](const auto&) {
      if (++calls == 2) put(*(writer = other->writer()));
    });
    CHECK(calls == 2);
  }
  CHECK(read(scratch) == k_text);
  collect(*store);
  CHECK(read(scratch) == k_text);
  CHECK(collect(*store).deleted.objects == 0);  // its writer is still at work
  writer.reset();
  CHECK(collect(*store).deleted.objects > 0);
}

TEST_CASE("what came back is condemned anew") {
  const Scratch scratch;
  const auto store = scratch.open();
  constexpr Micros k_grace = 100'000;
  const auto wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(110)); };
  put(*store);
  collect(*store, k_grace);
  wait();
  SECTION("after it was deleted") { CHECK(collect(*store, k_grace).deleted.objects > 0); }
  SECTION("before") {}
  put(*store);
  const auto report = collect(*store, k_grace);
  CHECK(report.deleted.objects == 0);
  CHECK(report.condemned.objects > 0);
  CHECK(read(scratch) == k_text);
}

}  // namespace mlops::store
