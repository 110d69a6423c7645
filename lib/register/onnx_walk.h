// The walk behind onnx_graph.h: visits every message of a model that can hold a tensor or an operator.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "register/onnx_graph.h"
#include "register/onnx_types.h"

namespace mlops::registry {

// One walk of one model. Throws WireFault with what is wrong, to be completed by the model's name.
class OnnxWalk {
 public:
  explicit OnnxWalk(const OnnxLimits& limits) : limits_(limits) {}

  void model(std::string_view bytes);

  // Of the main graph.
  std::vector<OnnxValue> inputs, outputs;
  std::set<std::string, std::less<>> initializers;         // names: such an input needs no value
  std::map<std::string, Json, std::less<>> zipmap_labels;  // by the name of the output
  std::int64_t ir_version = 0;
  std::string producer, producer_version;
  std::uint64_t nodes = 0, tensors = 0;  // nodes: after functions are expanded

 private:
  // The nodes of a graph or function with all below it, and the functions they call.
  struct Body {
    std::uint64_t nodes = 0;
    std::vector<std::string> calls;
  };
  struct Node {
    std::string_view domain, operation;
    std::vector<std::string_view> outputs;
    Json labels = Json::array();
  };

  void collect_function_domains(std::string_view bytes);
  void training(std::string_view bytes);
  void function(std::string_view bytes);
  void graph(std::string_view bytes, Body& body, int depth);
  void main_graph_field(const struct WireField& field);
  Node node(std::string_view bytes, Body& body, int depth);
  void attribute(std::string_view bytes, Node& node, Body& body, int depth);
  void check_operator(const Node& node, Body& body) const;
  std::string tensor(std::string_view bytes);
  std::string sparse_tensor(std::string_view bytes);
  std::uint64_t expanded(const Body& body, int depth);

  const OnnxLimits& limits_;
  std::set<std::string, std::less<>> function_domains_;
  std::map<std::string, Body, std::less<>> functions_;
  std::map<std::string, std::uint64_t, std::less<>> expanded_;
  Body main_;
};

}  // namespace mlops::registry
