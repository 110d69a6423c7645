#include "register/onnx_graph.h"

#include <catch2/catch.hpp>

#include "../onnx_builder.h"
#include "base/error.h"

using namespace mlops;
using registry::read_onnx;

namespace {

std::string refusal(const std::string& model) {
  try {
    (void)read_onnx(model, "m.onnx");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    return error.message();
  }
  return "";
}

bool refused(const std::string& model, const std::string& because) {
  const std::string message = refusal(model);
  INFO(message);
  CHECK(message.find("\"m.onnx\"") != std::string::npos);
  return message.find(because) != std::string::npos;
}

onnx::Graph with_node(const std::string& node) {
  onnx::Graph graph = onnx::identity_graph();
  graph.nodes.push_back(node);
  return graph;
}

// A graph in an If in a graph …
std::string nested(int depth) {
  onnx::Graph graph{{}, {}, {onnx::value("y", onnx::f32, {1})}, {}, {}};
  if (depth == 0)
    graph.nodes = {onnx::node("Identity", {"X"}, {"y"})};
  else
    graph.nodes = {onnx::node("If", {"c"}, {"y"}, "", {onnx::attribute("then_branch", 6, 5, nested(depth - 1))})};
  return graph.encode();
}

// Function k calls function k-1 `calls` times.
std::string functions(int count, int calls) {
  std::string out;
  for (int k = 0; k < count; ++k) {
    std::string body = onnx::bytes(1, "f" + std::to_string(k)) + onnx::bytes(10, "local");
    const std::string callee = "f" + std::to_string(k - 1);
    for (int i = 0; i < calls; ++i)
      body += onnx::bytes(7, k == 0 ? onnx::node("Identity", {"a"}, {"b"}) : onnx::node(callee, {"a"}, {"b"}, "local"));
    out += onnx::bytes(25, body);
  }
  return out;
}

}  // namespace

TEST_CASE("the signature names inputs and outputs with datatype and shape") {
  onnx::Graph graph = onnx::identity_graph();
  graph.inputs.push_back(onnx::value("W", onnx::f32, {2}));
  graph.initializers.push_back(onnx::tensor("W", {2}, {1, 2}));
  const auto model = read_onnx(onnx::model(graph), "m.onnx");
  CHECK(model.signature == Json::parse(R"({"inputs":[{"name":"X","datatype":"FP32","shape":[-1,4]}],
                                           "outputs":[{"name":"Y","datatype":"FP32","shape":[-1,4]}]})"));
  CHECK(model.ir_version == 8);
  CHECK(model.nodes == 1);
  CHECK(model.producer == "test");
}

TEST_CASE("a value without a shape may have any rank") {
  onnx::Graph graph = onnx::identity_graph();
  graph.inputs = {onnx::value("X", onnx::bytes(1, onnx::number(1, onnx::i64)))};
  const auto input = registry::onnx_signature(onnx::model(graph), "m.onnx")["inputs"][0];
  CHECK(input == Json::parse(R"({"name":"X","datatype":"INT64","shape":[-1],"any_rank":true})"));
}

TEST_CASE("a ZipMap's sequence of maps is a tensor with labels") {
  const std::string map =
      onnx::bytes(5, onnx::number(1, onnx::i64) + onnx::bytes(2, onnx::bytes(1, onnx::number(1, onnx::f32))));
  const std::string sequence = onnx::bytes(4, onnx::bytes(1, map));
  onnx::Graph graph = onnx::identity_graph();
  graph.outputs = {onnx::value("P", sequence)};
  CHECK(refused(onnx::model(graph), "sequence of maps"));
  const std::string labels =
      onnx::bytes(1, "classlabels_int64s") + onnx::number(8, 3) + onnx::number(8, 5) + onnx::number(20, 7);
  graph.nodes.push_back(onnx::node("ZipMap", {"Y"}, {"P"}, "ai.onnx.ml", {labels}));
  CHECK(read_onnx(onnx::model(graph), "m.onnx").signature["outputs"][0] ==
        Json::parse(R"({"name":"P","datatype":"FP32","shape":[-1,2],"labels":[3,5]})"));
  graph.inputs = {onnx::value("X", sequence)};
  CHECK(refused(onnx::model(graph), "a sequence"));
}

TEST_CASE("data in other files is refused wherever it stands") {
  const std::string outside = onnx::external_tensor("W", "../../etc/passwd");
  const std::string sparse_values =
      onnx::bytes(1, outside) + onnx::bytes(2, onnx::tensor("i", {1}, {0})) + onnx::number(3, 4);
  const std::string sparse_indices =
      onnx::bytes(1, onnx::tensor("v", {1}, {0})) + onnx::bytes(2, outside) + onnx::number(3, 4);
  onnx::Graph inner = onnx::identity_graph();
  inner.initializers.push_back(outside);

  onnx::Graph graph = onnx::identity_graph();
  graph.initializers = {outside};
  CHECK(refused(onnx::model(graph), "other files"));
  for (const auto& sparse : {sparse_values, sparse_indices}) {
    graph = onnx::identity_graph();
    graph.sparse_initializers = {sparse};
    CHECK(refused(onnx::model(graph), "other files"));
    CHECK(refused(onnx::model(with_node(
                      onnx::node("Constant", {}, {"c"}, "", {onnx::attribute("sparse_value", 22, 11, sparse)}))),
                  "other files"));
    CHECK(refused(onnx::model(with_node(onnx::node("Constant", {}, {"c"}, "", {onnx::attribute("x", 23, 12, sparse)}))),
                  "other files"));
  }
  CHECK(
      refused(onnx::model(with_node(onnx::node("Constant", {}, {"c"}, "", {onnx::attribute("value", 5, 4, outside)}))),
              "other files"));
  CHECK(refused(onnx::model(with_node(onnx::node("Constant", {}, {"c"}, "", {onnx::attribute("x", 10, 9, outside)}))),
                "other files"));
  CHECK(refused(onnx::model(with_node(
                    onnx::node("If", {"c"}, {"d"}, "", {onnx::attribute("then_branch", 6, 5, inner.encode())}))),
                "other files"));
  CHECK(refused(
      onnx::model(with_node(onnx::node("If", {"c"}, {"d"}, "", {onnx::attribute("x", 11, 10, inner.encode())}))),
      "other files"));
  const std::string constant = onnx::node("Constant", {}, {"c"}, "", {onnx::attribute("value", 5, 4, outside)});
  CHECK(refused(onnx::model(onnx::identity_graph(), onnx::bytes(25, onnx::bytes(1, "f") + onnx::bytes(7, constant))),
                "other files"));
  const std::string defaults = onnx::bytes(11, onnx::attribute("value", 5, 4, outside));
  CHECK(refused(onnx::model(onnx::identity_graph(), onnx::bytes(25, onnx::bytes(1, "f") + defaults)), "other files"));
  CHECK(refused(onnx::model(onnx::identity_graph(), onnx::bytes(20, onnx::bytes(1, inner.encode()))), "other files"));
  // A location alone, or the flag alone, counts too.
  graph = onnx::identity_graph();
  graph.initializers = {onnx::number(2, 1) + onnx::number(14, 1)};
  CHECK(refused(onnx::model(graph), "other files"));
  graph.initializers = {onnx::number(2, 1) + onnx::bytes(13, onnx::bytes(1, "location") + onnx::bytes(2, "x"))};
  CHECK(refused(onnx::model(graph), "other files"));
}

TEST_CASE("graphs within graphs and functions within functions have limits") {
  const auto branches = [](int depth) {
    return onnx::model(
        with_node(onnx::node("If", {"c"}, {"d"}, "", {onnx::attribute("then_branch", 6, 5, nested(depth))})));
  };
  CHECK(refusal(branches(14)).empty());
  CHECK(refused(branches(15), "nested deeper than 16"));
  CHECK(refused(branches(2000), "nested deeper than 16"));
  onnx::Graph caller = with_node(onnx::node("f2", {"X"}, {"Z"}, "local"));
  CHECK(refusal(onnx::model(caller, functions(3, 4))).empty());
  CHECK(read_onnx(onnx::model(caller, functions(3, 4)), "m.onnx").nodes == 2 + 4 + 16 + 64);
  caller = with_node(onnx::node("f30", {"X"}, {"Z"}, "local"));
  CHECK(refused(onnx::model(caller, functions(31, 4)), "more than 200,000 operators"));
  const std::string itself = onnx::bytes(
      25, onnx::bytes(1, "f30") + onnx::bytes(10, "local") + onnx::bytes(7, onnx::node("f30", {"a"}, {"b"}, "local")));
  CHECK(refused(onnx::model(caller, itself), "call each other"));
}

TEST_CASE("numbers of operators and sizes of tensors have limits") {
  registry::OnnxLimits limits;
  limits.nodes = 1;
  CHECK_THROWS_AS(read_onnx(onnx::model(with_node(onnx::node("Identity", {"X"}, {"Z"}))), "m", limits), Error);
  onnx::Graph graph = onnx::identity_graph();
  const std::string huge = onnx::number(1, 1ull << 40) + onnx::number(1, 1ull << 40) + onnx::number(2, 1);
  graph.initializers = {huge};
  CHECK(refused(onnx::model(graph), "larger than 2.0 GiB"));
  graph.initializers = {onnx::tensor("W", {3}, {1})};
  CHECK(refused(onnx::model(graph), "another size"));
  graph.initializers = {onnx::number(1, UINT64_MAX) + onnx::number(2, 1)};
  CHECK(refused(onnx::model(graph), "negative dimension"));
  graph.initializers = {};
  const std::string one = onnx::tensor("v", {1}, {0});
  graph.sparse_initializers = {onnx::bytes(1, one) + onnx::bytes(2, one) + onnx::number(3, 1ull << 20) +
                               onnx::number(3, 1ull << 20)};
  CHECK(refused(onnx::model(graph), "larger than 2.0 GiB"));
}

TEST_CASE("custom operators are named") {
  CHECK(refused(onnx::model(with_node(onnx::node("Evil", {"X"}, {"Z"}, "com.evil"))),
                "custom operator \"Evil\" of \"com.evil\""));
  CHECK(refused(onnx::model(with_node(onnx::node("EPContext", {"X"}, {"Z"}, "com.microsoft"))), "accelerator"));
  CHECK(refusal(onnx::model(with_node(onnx::node("Scaler", {"X"}, {"Z"}, "ai.onnx.ml")))).empty());
}

TEST_CASE("what is no model is refused in a sentence") {
  CHECK(refused("", "no graph"));
  CHECK(refused("a,b,c\n1,2,3\n", "no ONNX model"));
  CHECK(refused("\x80\x04\x95.", "no ONNX model"));
  CHECK(refused(std::string("\x18\0\0\0ORTM", 8), "own format"));
  const std::string whole = onnx::model(onnx::identity_graph());
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_THROWS_AS(read_onnx(whole.substr(0, length), "m"), Error);
  for (std::size_t at = 0; at < whole.size(); ++at) {  // damage anywhere: an answer or a refusal, never a fault
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0xff);
    (void)refusal(damaged);
  }
}
