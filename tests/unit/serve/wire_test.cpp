// Requests and answers as bytes; the corpus of malformed ones is tests/cli/serve_malformed.test.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "fake_model.h"
#include "serve/classification.h"
#include "serve/infer.h"
#include "serve/scoring.h"
#include "serve/tensor_binary.h"
#include "serve/tensor_json.h"
#include "serve/wire_json.h"

using namespace mlops;
using namespace mlops::serve;

namespace {

std::string values_text(const Tensor& tensor) {
  std::string out;
  append_values(out, tensor, "Y");
  return out;
}

Tensor parsed(DataType type, const Shape& shape, const std::string& json) {
  WireDocument document = parse_wire_json(R"({"inputs":[{"data":)" + json + "}]}", Flatten::infer_data);
  return tensor_from_values(type, shape, *flattened(document, document.root["inputs"][0]["data"]), "X");
}

InferCall call_of(std::string_view body, std::optional<std::string_view> header = std::nullopt) {
  InferCall out;
  parse_infer(body, header, *fake_model(), out);
  return out;
}

const char* const k_request = R"({"id":"r","inputs":[{"name":"X","shape":[1,2],"datatype":"FP32","data":[1,2.5]}]})";
const std::string k_head =
    R"({"inputs":[{"name":"X","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"parameters":{"binary_data_output":true}})";

}  // namespace

TEST_CASE("numbers survive the wire exactly") {
  CHECK(values_text(parsed(DataType::INT64, {2}, "[9223372036854775807,-9223372036854775808]")) ==
        "[9223372036854775807,-9223372036854775808]");
  CHECK(values_text(parsed(DataType::UINT64, {1}, "[18446744073709551615]")) == "[18446744073709551615]");
  CHECK(values_text(parsed(DataType::FP64, {3}, "[0.1,1e308,-0.0]")) == "[0.1,1e+308,-0.0]");
  CHECK(values_text(parsed(DataType::FP32, {4}, "[NaN,Infinity,-Infinity,1e39]")) ==
        "[NaN,Infinity,-Infinity,Infinity]");
  CHECK(values_text(parsed(DataType::FP32, {2}, "[0.1,16777217]")) == "[0.1,16777216.0]");
  CHECK(values_text(parsed(DataType::BOOL, {2}, "[true,false]")) == "[true,false]");
  CHECK(values_text(parsed(DataType::BYTES, {1, 2}, R"([["a\"\u0000","grün"]])")) == R"(["a\"\u0000","grün"])");
  CHECK(values_text(parsed(DataType::INT8, {2, 2}, "[[1],[[2,3]],-128]")) == "[1,2,3,-128]");
}

TEST_CASE("values of another kind or range are refused") {
  for (const char* json : {"[128]", "[-129]", "[1.0]", "[true]", "[null]", "[\"1\"]", "[9223372036854775808]"})
    CHECK_THROWS_AS(parsed(DataType::INT8, {1}, json), Error);
  for (const char* json : {"[-1]", "[256]"}) CHECK_THROWS_AS(parsed(DataType::UINT8, {1}, json), Error);
  CHECK_THROWS_AS(parsed(DataType::UINT64, {1}, "[-1]"), Error);
  CHECK_THROWS_AS(parsed(DataType::INT64, {1}, "[9223372036854775808]"), Error);
  for (const char* json : {"[0]", "[1]"}) CHECK_THROWS_AS(parsed(DataType::BOOL, {1}, json), Error);
  CHECK_THROWS_AS(parsed(DataType::FP16, {1}, "[1]"), Error);
}

TEST_CASE("shapes are multiplied without overflow") {
  CHECK(element_count({}) == 1);
  CHECK(element_count({INT64_MAX, 0, INT64_MAX}) == 0);
  CHECK_THROWS_AS(element_count({std::int64_t{1} << 40, std::int64_t{1} << 40}), Error);
  CHECK_THROWS_AS(element_count({-1}), Error);
}

TEST_CASE("JSON as it comes: depth, the first key, the end, numbers that are none") {
  CHECK(parse_wire_json(R"({"a":1,"a":2})", Flatten::nothing).root["a"] == 1);
  CHECK(parse_ordered_json(R"({"z":1,"a":2})").begin().key() == "z");
  for (const std::string& text : {std::string(200, '['), std::string("1\0", 2), std::string("{} x"),
                                  std::string("\"\xff\""), std::string("1e999"), std::string()})
    CHECK_THROWS_AS(parse_wire_json(text, Flatten::nothing), Error);
  CHECK(wire_json(parse_wire_json(R"({"a":[NaN,1.0,"x",null,true,{}]})", Flatten::nothing).root) ==
        R"({"a":[NaN,1.0,"x",null,true,{}]})");
}

TEST_CASE("one request, as JSON and as binary tensors") {
  const auto model = fake_model();
  const InferCall call = call_of(k_request);
  CHECK(call.id == "r");
  CHECK(
      write_infer(call, *model, {call.inputs[0]}).body ==
      R"({"id":"r","model_name":"m","model_version":"7","outputs":[{"name":"P","datatype":"FP32","shape":[1,2],"data":[1.0,2.5]}]})");
  std::string body = k_head;
  append_binary(body, call.inputs[0]);
  const InferCall binary = call_of(body, std::to_string(k_head.size()));
  CHECK(binary.inputs[0].bytes == call.inputs[0].bytes);
  const InferAnswer answer = write_infer(binary, *model, binary.inputs);
  REQUIRE(answer.header_length);
  CHECK(answer.body.size() == *answer.header_length + 8);
  CHECK(answer.body.substr(*answer.header_length) == body.substr(k_head.size()));
}

TEST_CASE("the id is known also where the rest is wrong") {
  InferCall call;
  CHECK_THROWS_AS(parse_infer(R"({"id":"r","inputs":[]})", std::nullopt, *fake_model(), call), Error);
  CHECK(call.id == "r");
}

TEST_CASE("texts with any bytes go through the binary form") {
  Tensor texts{DataType::BYTES, {3}};
  texts.texts = {std::string("a\0b", 3), "", "\xff"};
  std::string bytes;
  append_binary(bytes, texts);
  CHECK(bytes.size() == binary_size(texts));
  CHECK(tensor_from_binary(DataType::BYTES, {3}, bytes, "S", "m").texts == texts.texts);
  CHECK_THROWS_AS(values_text(texts), Error);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut)
    CHECK_THROWS_AS(tensor_from_binary(DataType::BYTES, {3}, bytes.substr(0, cut), "S", "m"), Error);
}

TEST_CASE("classification ranks rows, NaN last, with labels") {
  const Tensor ranked = classify(floats({2, 2}, {0.25F, 0.75F, NAN, 0.5F}), 5, fake_model()->interface.outputs[0]);
  CHECK(ranked.shape == Shape{2, 2});
  CHECK(ranked.texts == std::vector<std::string>{"0.750000:1:yes", "0.250000:0:no", "0.500000:1:yes", "nan:0:no"});
}

TEST_CASE("damage anywhere in a request is an error or an answer, never a fault") {
  const auto model = fake_model();
  const std::string whole = k_head + std::string(8, '\1');
  const std::string length = std::to_string(k_head.size());
  std::mt19937 random(7);
  for (int i = 0; i < 10'000; ++i) {
    std::string damaged = i % 2 == 0 ? whole : std::string(k_request);
    for (int k = 0; k < 1 + i % 4; ++k) damaged[random() % damaged.size()] = static_cast<char>(random());
    if (i % 3 == 0) damaged.resize(random() % damaged.size());
    InferCall call;
    try {
      parse_infer(damaged, i % 2 == 0 ? std::optional<std::string_view>(length) : std::nullopt, *model, call);
    } catch (const Error&) {
    }
    try {
      (void)parse_scoring("application/json", damaged, *model);
    } catch (const Error&) {
    }
  }
}

TEST_CASE("data frames find the model's columns") {
  const auto model = fake_model();
  const auto score = [&](const std::string& body) {
    return write_predictions(*model, parse_scoring("application/json", body, *model));
  };
  for (const char* body :
       {R"({"dataframe_split":{"columns":["b","x","a"],"data":[[2,9,1]]}})", R"({"dataframe_records":[{"b":2,"a":1}]})",
        R"({"inputs":{"a":[1],"b":[2]}})", R"({"inputs":{"a":1,"b":2}})", R"({"inputs":{"X":[[1,2]]}})",
        R"({"inputs":[[1,2]]})", R"({"instances":[{"X":[1,2]}]})", R"({"instances":[[1,2]]})"}) {
    INFO(body);
    CHECK(score(body) == R"({"predictions":{"P":[[1.0,2.0]]}})");
  }
  CHECK_THROWS_AS(score(R"({"dataframe_records":[{"a":1}]})"), SchemaError);
  CHECK_THROWS_AS(score(R"({"inputs":[[1,16777217]]})"), Error);
  CHECK_THROWS_AS(score(R"({"inputs":[[1,null]]})"), Error);
}
