// gc beside writers: what is put anew stays, whoever put it and however early, and what comes back is condemned anew.
#include <catch2/catch.hpp>

#include <chrono>
#include <thread>

#include "scratch.h"
#include "store/gc.h"

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

GcReport collect(Store& store, Micros grace = 1, const Roots& roots = [](const auto&) {}) {
  return collect_garbage(store, roots, {grace, false, nullptr, {}});
}

std::string read(const Scratch& scratch) {
  std::string out;
  scratch.open()->read_file(k_file, [&](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  return out;
}

}  // namespace

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
