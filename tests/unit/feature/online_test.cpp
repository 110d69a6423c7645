// The online store below its commands: values, rows under one key, writers at the same time, look-ups across
// definitions.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "feature/as_of.h"
#include "feature/base64.h"
#include "feature/online_answer.h"
#include "feature/online_store.h"
#include "feature/pushes.h"
#include "feature/wire_body.h"

namespace mlops::feature {
namespace {

class Folder {
 public:
  Folder() { fs::create_directories(path_); }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_ = fs::temp_directory_path() / ("mlops-feature-" + random_hex(16));
};

View view_of(const std::string& name, std::vector<Feature> features, Micros ttl = 0) {
  View view;
  view.name = name;
  view.entities = {"driver"};
  view.keys = {{"driver_id", Type::int64}};
  view.ttl = ttl;
  view.source = {"", "at", "made", "stream"};
  view.features = std::move(features);
  return view;
}

std::shared_ptr<const Registry> registry_of(const std::vector<View>& views) {
  auto out = std::make_shared<Registry>();
  for (const auto& view : views) out->views[view.name] = {view, {}};
  return out;
}

std::string answer(OnlineStore& store, const std::vector<View>& views, const std::vector<std::string>& references,
                   const std::string& entities, Micros now = 1'000'000) {
  const auto registry = registry_of(views);
  const Lookup lookup(registry, select_references(*registry, references), true);
  return answer_json(lookup, read_entities(web::parse_ordered_json(entities), lookup), &store, now, false);
}

std::string values_of(const std::string& json, std::size_t result) {
  const Json one = Json::parse(json)["results"][result];
  return one["values"].dump() + one["statuses"].dump();
}

void put(OnlineStore& store, const View& view, const std::string& df, Target target = Target::online) {
  const auto json = web::parse_ordered_json(df);
  push(store, {&view}, columns_of(json), target);
}

}  // namespace

TEST_CASE("base64 goes both ways and refuses what is none") {
  for (const std::string text : {"", "a", "ab", "abc", "abcd"}) CHECK(from_base64(to_base64(text)) == text);
  CHECK(to_base64(std::string("\0\xff\x10", 3)) == "AP8Q");
  for (const char* wrong : {"A", "AA", "AA=", "AB==", "A===", "====", "AAA*", "AA==AA=="})
    CHECK_FALSE(from_base64(wrong));
}

TEST_CASE("a row's values come back exactly, nulls too") {
  const std::vector<Feature> features{{"a", Type::int32},   {"b", Type::int64},     {"c", Type::float32},
                                      {"d", Type::float64}, {"e", Type::string},    {"f", Type::boolean},
                                      {"g", Type::bytes},   {"h", Type::timestamp}, {"i", Type::string}};
  std::vector<Value> values(features.size());
  for (auto& value : values) value.null = false;
  values[0].integer = INT32_MIN;
  values[1].integer = INT64_MAX;
  values[2].real = 0.5;
  values[3].real = std::numeric_limits<double>::quiet_NaN();
  values[4].text = "ä";
  values[5].integer = 1;
  values[6].text = std::string_view("\0\1", 2);
  values[7].integer = -1;
  for (std::size_t without = 0; without <= features.size(); ++without) {
    auto some = values;
    if (without < some.size()) some[without].null = true;
    std::vector<Value> back;
    const std::string bytes = encode_values(features, some);
    decode_values(bytes, features, back);
    for (std::size_t i = 0; i < features.size(); ++i) {
      CHECK(back[i].null == some[i].null);
      if (!some[i].null) CHECK(to_json(features[i].type, back[i]).dump() == to_json(features[i].type, some[i]).dump());
    }
    for (std::size_t cut = 0; cut < bytes.size(); ++cut)
      CHECK_THROWS_AS(decode_values(std::string_view(bytes).substr(0, cut), features, back), Error);
    CHECK_THROWS_AS(decode_values(bytes + "x", features, back), Error);
  }
}

TEST_CASE("the newest row of each view stands, whatever the order of writing") {
  std::mt19937 random(3);
  std::vector<Block> rows;
  for (std::uint64_t view = 1; view <= 3; ++view)
    for (Micros event : {1, 2, 3})
      for (Micros created : {k_no_created, Micros{5}, Micros{6}}) rows.push_back({view, 7, event, created, "v"});
  for (int round = 0; round < 200; ++round) {
    std::shuffle(rows.begin(), rows.end(), random);
    std::string blocks;
    for (const auto& row : rows) (void)merge_block(blocks, row);
    for (const auto& row : rows) CHECK_FALSE(merge_block(blocks, row));  // again: nothing changes
    std::string_view rest = blocks;
    Block block;
    int seen = 0;
    for (; next_block(rest, block); ++seen) CHECK((block.event == 3 && block.created == 6));
    CHECK(seen == 3);
  }
  std::string blocks;
  CHECK(merge_block(blocks, {1, 7, 1, 1, "first"}));
  CHECK(merge_block(blocks, {1, 7, 1, 1, "second, of the same times"}));
  CHECK(blocks.find("first") == std::string::npos);
  std::string_view cut = std::string_view(blocks).substr(0, blocks.size() - 1);
  Block block;
  CHECK_THROWS_AS(next_block(cut, block), Error);
}

TEST_CASE("keys of other kinds, orders and lengths are other keys") {
  const std::vector<JoinKey> ab{{"a", Type::int64}, {"b", Type::string}}, ba{{"b", Type::string}, {"a", Type::int64}};
  CHECK(KeySet(ab).tag() == KeySet(ba).tag());
  CHECK(KeySet(ab).tag() != KeySet({{"a", Type::int64}}).tag());
  const KeySet one({{"a", Type::string}});
  const auto key = [&](const std::string& part) { return one.key(std::vector<std::string_view>{part}); };
  CHECK(key(key_part(std::int64_t{1})) != key(key_part(std::string_view("1"))));
  CHECK(key(key_part(true)) != key(key_part(std::int64_t{1})));
  const std::string text(5000, 'x');
  CHECK(key(key_part(std::string_view(text))).size() <= 511);
  CHECK(key(key_part(std::string_view(text))) != key(key_part(std::string_view(text + "y"))));
}

TEST_CASE("look-ups tell null, never written and too old apart, and survive new definitions") {
  const Folder folder;
  const auto store = OnlineStore::open(folder.path());
  const View before = view_of("v", {{"n", Type::int64}, {"s", Type::string}}, 1'000'000);
  put(*store, before,
      R"({"driver_id": [1, 2], "at": ["1970-01-01T00:00:01Z", "1970-01-01T00:00:01Z"], "made": [null, null],
                         "n": [7, null], "s": ["x", "y"]})");
  const std::string both = R"({"driver_id": [1, 2, 3]})";
  CHECK(values_of(answer(*store, {before}, {"v:n"}, both, 2'000'000), 1) ==
        R"([7,null,null]["PRESENT","NULL_VALUE","NOT_FOUND"])");
  CHECK(values_of(answer(*store, {before}, {"v:n"}, both, 2'000'001), 1) ==
        R"([7,null,null]["OUTSIDE_MAX_AGE","OUTSIDE_MAX_AGE","NOT_FOUND"])");
  View after = view_of("v", {{"s", Type::string}, {"more", Type::float64}, {"n", Type::float64}});
  const std::string now = answer(*store, {after}, {"v:s", "v:more", "v:n"}, both);
  CHECK(values_of(now, 1) == R"(["x","y",null]["PRESENT","PRESENT","NOT_FOUND"])");
  CHECK(values_of(now, 2) == R"([null,null,null]["NOT_FOUND","NOT_FOUND","NOT_FOUND"])");
  CHECK(values_of(now, 3) ==
        R"([null,null,null]["NOT_FOUND","NOT_FOUND","NOT_FOUND"])");  // another type is another one
}

TEST_CASE("writers at the same time lose nothing, and what throws leaves nothing") {
  const Folder folder;
  const auto store = OnlineStore::open(folder.path());
  const View view = view_of("v", {{"n", Type::int64}});
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const std::string id = std::to_string(t * 100 + i);
        put(*store, view, R"({"driver_id": [)" + id + R"(], "at": ["2026-01-01"], "made": [null], "n": [)" + id + "]}",
            Target::online_and_offline);
      }
    });
  for (auto& thread : threads) thread.join();
  for (int t = 0; t < 8; ++t) {
    const std::string id = std::to_string(t * 100 + 24);
    CHECK(values_of(answer(*store, {view}, {"v:n"}, "{\"driver\": [" + id + "]}"), 1) == "[" + id + R"(]["PRESENT"])");
  }
  CHECK(pushed_rows(*store->read(), view).rows == 200);
  CHECK_THROWS_AS(store->write([](Transaction& transaction) {
    transaction.put(Space::state, "half", "done");
    throw input_error("no");
  }),
                  Error);
  CHECK_FALSE(store->read()->get(Space::state, "half"));
  CHECK_THROWS_AS(
      put(*store, view, R"({"driver_id": [9999, null], "at": ["2026-01-01", "2026-01-01"], "made": [null, null],
                                        "n": [1, 2]})"),
      Error);
  CHECK(values_of(answer(*store, {view}, {"v:n"}, R"({"driver": [9999]})"), 1) == R"([null]["NOT_FOUND"])");
}

TEST_CASE("event times keep their fractions and nothing else") {
  const auto text = [](Micros time) {
    std::string out;
    append_time(out, time);
    return out;
  };
  CHECK(text(0) == "1970-01-01T00:00:00Z");
  CHECK(text(1'250'000) == "1970-01-01T00:00:01.250Z");
  CHECK(text(1) == "1970-01-01T00:00:00.000001Z");
  CHECK(text(-1) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("bodies that are none are told as FastAPI tells them") {
  const auto type_of = [](const std::string& body, const std::string& content_type) -> std::string {
    web::Request request;
    request.headers = {{"Content-Type", content_type}};
    request.body = body;
    try {
      const Body parsed(request);
      (void)parsed.columns("entities");
      return "";
    } catch (const InvalidBody& invalid) {
      const auto response = response_of(invalid);
      CHECK(response.status == 422);
      return Json::parse(response.body)["detail"][0]["type"];
    }
  };
  CHECK(type_of(R"({"entities": {"a": []}})", "application/json").empty());
  CHECK(type_of("", "application/json") == "missing");
  CHECK(type_of("{", "application/json") == "json_invalid");
  CHECK(type_of(std::string(100'000, '['), "application/json") == "json_invalid");
  CHECK(type_of("\xff", "application/json") == "json_invalid");
  CHECK(type_of("[]", "application/json") == "model_attributes_type");
  CHECK(type_of("{}", "text/plain") == "model_attributes_type");
  CHECK(type_of(R"({"entities": null})", "application/json") == "value_type");
  CHECK(type_of(R"({"entities": {"a": 5}})", "application/json") == "list_type");
}

}  // namespace mlops::feature
