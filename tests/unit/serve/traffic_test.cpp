#include <catch2/catch.hpp>
#include <cmath>

#include "base/file.h"
#include "fake_model.h"
#include "serve/predict.h"
#include "serve/traffic_frames.h"
#include "serve/traffic_table.h"

using namespace mlops;
using namespace mlops::serve;

namespace {

Call call_of(const std::shared_ptr<Model>& model, const std::string& id, const Tensor& tensor, Micros time) {
  Call out;
  out.model = model;
  out.request_id = id;
  out.time = time;
  out.latency = 12;
  out.inputs = {tensor};
  out.outputs = {tensor};
  out.output_indexes = {0};
  return out;
}

struct Scratch {
  fs::path file = fs::temp_directory_path() / ("mlops-traffic-" + random_hex(8));
  ~Scratch() { fs::remove(file); }
};

}  // namespace

TEST_CASE("calls come back from a segment, up to where it is torn") {
  const auto model = fake_model();
  std::string bytes = segment_header(*model);
  append_call(bytes, call_of(model, "one", floats({1, 2}, {1, 2}), 100));
  const std::size_t whole = bytes.size();
  append_call(bytes, call_of(model, "two", floats({2, 2}, {3, 4, 5, NAN}), 200));
  const Scratch scratch;
  for (std::size_t length = bytes.size(); length >= whole; --length) {
    replace_file(scratch.file, bytes.substr(0, length), 0600, false);
    std::vector<std::string> ids;
    const auto read = read_segment(scratch.file, [&](const Call& call) { ids.push_back(call.request_id); });
    REQUIRE(read != nullptr);
    CHECK(read->record == model->record);
    CHECK(ids.size() == (length == bytes.size() ? 2U : 1U));
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {  // damage: fewer calls, never a fault
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    replace_file(scratch.file, damaged, 0600, false);
    (void)read_segment(scratch.file, [](const Call&) {});
  }
}

TEST_CASE("calls become rows named by the signature") {
  const auto model = fake_model();
  TrafficTable rows;
  rows.add(call_of(model, "one", floats({1, 2}, {1, 2}), 100));
  rows.add(call_of(model, "two", floats({2, 2}, {3, 4, 5, NAN}), 50));
  CHECK(rows.first() == 50);
  CHECK(rows.last() == 100);
  const table::Table table = rows.finish();
  CHECK(table.rows == 3);
  std::string names;
  for (const auto& column : table.columns) names += column.name + " ";
  CHECK(names == "request_id row time version_id latency_us status in.a in.b out.P_no out.P_yes ");
  CHECK(table.need("in.a").reals()[2] == 5);
  CHECK(table.need("row").integers()[2] == 1);
  CHECK(table.need("request_id").show(2) == "two");
  CHECK(std::isnan(table.need("out.P_yes").reals()[2]));
}

TEST_CASE("a call without outputs leaves nulls") {
  const auto model = fake_model();
  TrafficTable rows;
  Call failed = call_of(model, "bad", floats({1, 2}, {1, 2}), 1);
  failed.outputs.clear();
  failed.output_indexes.clear();
  failed.status = 500;
  rows.add(failed);
  rows.add(call_of(model, "good", floats({1, 2}, {1, 2}), 2));
  const table::Table table = rows.finish();
  CHECK(table.need("status").integers()[0] == 500);
  CHECK_FALSE(table.need("out.P_no").valid(0));
  CHECK(table.need("out.P_no").valid(1));
}

TEST_CASE("tables of several versions become one") {
  table::Table a, b;
  a.rows = 1;
  a.columns = {table::make_times("time", {10}), table::make_integers("x", {1}), table::make_texts("only", {"t"})};
  b.rows = 2;
  b.columns = {table::make_times("time", {20, 30}), table::make_reals("x", {2.5, 3.5})};
  const table::Table all = concatenate({a, b});
  CHECK(all.rows == 3);
  CHECK(all.need("x").reals()[0] == 1);
  CHECK(all.need("x").reals()[2] == 3.5);
  CHECK(all.need("only").nulls() == 2);
  CHECK(concatenate({a, b}, 25).rows == 1);
  CHECK(concatenate({}).rows == 0);
}

TEST_CASE("predictions stand beside the rows they are for") {
  table::Table table;
  table.rows = 2;
  table.columns = {table::make_texts("name", {"n", "m"}), table::make_integers("b", {2, 4}),
                   table::make_reals("a", {1, 3}), table::make_integers("P_no", {0, 0})};
  const table::Table out = predict(*fake_model(), table);
  CHECK(out.need("predicted.P_no").reals()[1] == 3);
  CHECK(out.need("P_yes").reals()[0] == 2);
  CHECK(out.columns.size() == 6);
}
