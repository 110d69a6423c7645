// gc of a remote: hostile lists, names that were condemned, and gcs that overlap.
#include "store/remote/gc_remote.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "scratch.h"
#include "store/local_store.h"
#include "store/remote/fetch.h"
#include "store/remote/shipment.h"

using namespace mlops;
using namespace mlops::store;

namespace {

Id add(Store& store, const std::string& bytes) {
  const auto writer = store.writer();
  const auto object = writer->put_file(as_bytes(bytes));
  writer->commit();
  return object.id;
}

// One remote, and one clone that pushes to it and collects there.
struct Both {
  Scratch scratch;
  std::unique_ptr<Store> store = scratch.open();
  ListingRemote remote{open_remote((scratch.root / "remote").string())};

  [[nodiscard]] Catalogue look() const { return Catalogue(remote, scratch.root / "indexes"); }

  Pushed push(const std::vector<Id>& ids) {
    const TransferOptions options;
    return push_objects(
        *store, remote, look(), [&](const auto& visit) { std::for_each(ids.begin(), ids.end(), visit); }, options);
  }
  RemoteGcReport collect(const Catalogue& seen, const std::vector<Id>& needed) {
    const Roots roots = [needed](const auto& visit) { std::for_each(needed.begin(), needed.end(), visit); };
    return collect_remote(*store, remote, seen, {{"test", roots}}, {});
  }
  RemoteGcReport collect(const std::vector<Id>& needed) { return collect(look(), needed); }
  [[nodiscard]] bool has(const Id& file) const {
    const auto seen = look();
    return seen.has({Kind::file, file}) || seen.has({Kind::chunk, file});
  }
  // Every byte of it can be had from the remote alone.
  [[nodiscard]] bool gives(const Id& file) const {
    const Scratch other;
    const auto empty = other.open();
    const TransferOptions options;
    return fetch_objects(*empty, remote, look(), {{file, "x", "", false, 0}}, options).missing.empty() &&
           sha256(empty->read_whole_file(file)) == file;
  }
};

}  // namespace

TEST_CASE("lists of condemned packs come back, and hostile ones are refused") {
  const Id a = sha256(std::string_view("a")), b = sha256(std::string_view("b"));
  const CondemnedList list{1'767'441'630'250'000, {std::min(a, b), std::max(a, b)}, {a}};
  const auto read = parse_condemned_list(encode_condemned_list(list), "x");
  CHECK(read.time == list.time);
  CHECK(read.condemned == list.condemned);
  CHECK(read.deleted == list.deleted);
  CHECK(condemned_list_name("x") == "condemned/" + sha256(std::string_view("x")).hex());
  for (const char* text : {"", "{}", "[]", "1", R"({"type":"condemned","version":1})",
                           R"({"type":"condemned","version":2,"time":"2026-01-01T00:00:00Z"})",
                           R"({"type":"condemned","version":1,"time":"soon"})",
                           R"({"type":"condemned","version":1,"time":"2026-01-01T00:00:00Z","deleted":[1]})"})
    CHECK_THROWS_AS(parse_condemned_list(text, "x"), Error);
}

TEST_CASE("two calls delete what nothing needs, and what is needed again is copied out between them") {
  Both both;
  const Id kept = add(*both.store, noise(300'000, 1)), dropped = add(*both.store, noise(300'000, 2)),
           again = add(*both.store, noise(300'000, 3));
  both.push({kept});
  both.push({dropped, again});
  auto report = both.collect({kept});
  CHECK(report.packs_condemned == 1);
  CHECK(report.packs_deleted == 0);
  CHECK(both.gives(again));
  report = both.collect({kept, again});
  CHECK(report.packs_deleted == 1);
  CHECK(report.packs_written == 1);
  CHECK(both.gives(kept));
  CHECK(both.gives(again));
  CHECK_FALSE(both.has(dropped));
}

TEST_CASE("the same bytes pushed again never count by a name that was condemned") {
  Both both;
  const Id file = add(*both.store, noise(100'000));
  both.push({file});
  std::vector<Id> first;
  both.look().for_each_pack([&](const Id& name, const PackIndex&) { first.push_back(name); });
  both.collect({});
  CHECK(both.push({file}).objects > 0);  // not relied on
  CHECK(both.collect({file}).packs_deleted == 1);
  CHECK(both.gives(file));
  both.look().for_each_pack([&](const Id& name, const PackIndex&) { CHECK(name != first.front()); });
  // Nor after it is deleted, where a file of that name would look as new.
  both.collect({});
  both.collect({});
  CHECK_FALSE(both.has(file));
  both.push({file});
  CHECK(both.push({file}).objects == 0);
  both.collect({file});
  CHECK(both.gives(file));
}

TEST_CASE("gcs that saw the same packs do not each rely on what the other deletes") {
  Both both;
  const Id shared = add(*both.store, noise(100'000, 1)), one = add(*both.store, noise(400'000, 2)),
           two = add(*both.store, noise(400'000, 3));
  // Two packs hold `shared`, as two pushers at once leave it.
  const auto before = both.look();
  both.push({shared, one});
  const TransferOptions options;
  push_objects(
      *both.store, both.remote, before, [&](const auto& visit) { visit(shared), visit(two); }, options);
  REQUIRE(both.look().packs() == 2);
  const auto seen_by_first = both.look(), seen_by_second = both.look();
  both.collect(seen_by_first, {shared});
  both.collect(seen_by_second, {shared});
  for (int i = 0; i < 3; ++i) {
    both.collect({shared});
    CHECK(both.gives(shared));
  }
  CHECK_FALSE(both.has(one));
  CHECK_FALSE(both.has(two));
  // One that looked before a condemnation deletes nothing of it.
  const Id late = add(*both.store, noise(100'000, 4));
  both.push({late});
  const auto old = both.look();
  both.collect({shared});
  CHECK(both.collect(old, {shared}).packs_deleted == 0);
  CHECK(both.gives(late));
}

TEST_CASE("a pack that differs only by its name is never written under a refused one") {
  Both both;
  auto& local = dynamic_cast<LocalStore&>(*both.store);
  const TransferOptions options;
  std::vector<Id> refused;
  Shipment shipment(
      local.layout(), both.remote,
      [&](const Id& name) {
        if (refused.size() == 3) return false;
        refused.push_back(name);
        return true;
      },
      options);
  const std::string bytes = "some bytes";
  shipment.add({Kind::chunk, sha256(bytes)}, bytes, static_cast<std::uint32_t>(bytes.size()));
  CHECK(shipment.send().size() == 1);
  const auto seen = both.look();
  CHECK(seen.packs() == 1);
  CHECK(seen.has({Kind::chunk, sha256(bytes)}));
  seen.for_each_pack([&](const Id& name, const PackIndex&) {
    CHECK(std::find(refused.begin(), refused.end(), name) == refused.end());
  });
}
