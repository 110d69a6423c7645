// Listings: which of them a reader needs, what hostile ones end in, and that pushers at once lose nothing.
#include "store/remote/listing.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "base/error.h"
#include "scratch.h"

using namespace mlops;
using namespace mlops::store;

namespace {

// What a reader knows who reads what listings_for names.
std::set<std::string> known(const Remote& remote, std::uint64_t number) {
  std::set<std::string> out;
  for (const auto one : listings_for(number)) {
    std::string text;
    for (const auto& item : remote.list("listing/"))
      if (item.name == listing_name(one)) text = remote.read(item.name, 0, item.size);
    for (const auto& item : parse_listing(text, "x")) out.insert(item.name);
  }
  return out;
}

std::string journal(int writer, int number) { return fmt::format("journal/{:032}/{:08}", writer, number); }

}  // namespace

TEST_CASE("a reader needs few listings, and they cover all") {
  CHECK(listings_for(0).empty());
  CHECK(listings_for(1) == std::vector<std::uint64_t>{1});
  CHECK(listings_for(35) == std::vector<std::uint64_t>{35, 34, 33, 32, 16});
  CHECK(listings_for(256) == std::vector<std::uint64_t>{256});
  CHECK(listings_for(99'999'999).size() <= 15 * 7);
}

TEST_CASE("what pushers at once write is all listed") {
  const Scratch scratch;
  const auto push = [&](int writer) {
    for (int number = 1; number <= 20; ++number) {
      ListingRemote remote(open_remote((scratch.root / "r").string()));
      (void)remote.write_once(journal(writer, number), std::string_view("{}"));
      remote.publish();
    }
  };
  { std::jthread one(push, 1), two(push, 2), three(push, 3); }
  const auto remote = open_remote((scratch.root / "r").string());
  const auto count = remote->list("listing/").size();
  CHECK(count == 60);
  CHECK(known(*remote, count).size() == 60);
  // Nothing new, nothing written; a listing that is lost is made good.
  ListingRemote again(open_remote((scratch.root / "r").string()));
  (void)again.list("journal/");
  again.publish();
  CHECK(remote->list("listing/").size() == count);
  remote->remove(listing_name(count));
  again.publish();
  CHECK(known(*remote, count).size() == 60);
}

TEST_CASE("hostile listings are refused") {
  for (const char* text :
       {"", "x", "[]", "{}", R"({"type":"listing"})", R"({"type":"listing","items":{}})",
        R"({"type":"listing","items":[1]})", R"({"type":"listing","items":[{"name":"packs/x.index"}]})",
        R"({"type":"listing","items":[{"name":"packs/x.index","size":-1}]})",
        R"({"type":"listing","items":[{"name":"packs/x.index","size":1e300}]})",
        R"({"type":"listing","items":[{"name":"../x.index","size":1}]})", R"({"type":"other","items":[]})"})
    CHECK_THROWS_AS(parse_listing(text, "x"), Error);
  CHECK(parse_listing(R"({"type":"listing","items":[{"name":"packs/x.index","size":7}]})", "x").at(0).size == 7);
}
