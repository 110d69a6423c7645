#include "register/onnx_graph.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "register/onnx_walk.h"
#include "register/protobuf_wire.h"

namespace mlops::registry {
namespace {

constexpr std::uint64_t k_protobuf_limit = (std::uint64_t{1} << 31) - 1;

Json tensor_json(const OnnxValue& value, const char* datatype) {
  Json out{{"name", value.name}, {"datatype", datatype}, {"shape", value.shape}};
  if (value.any_rank) {
    out["shape"] = Json::array({-1});
    out["any_rank"] = true;
  }
  return out;
}

// scikit-learn's default export: a list of {class: probability}, one a row.
Json zipmap_json(const OnnxValue& value, const char* datatype, const OnnxWalk& walk) {
  const auto labels = walk.zipmap_labels.find(value.name);
  if (labels == walk.zipmap_labels.end() || labels->second.empty())
    throw WireFault(
        fmt::format("its output \"{}\" is a sequence of maps, which can't be served", printable(value.name)));
  return {
      {"name", value.name}, {"datatype", datatype}, {"shape", {-1, labels->second.size()}}, {"labels", labels->second}};
}

Json value_json(const OnnxValue& value, const char* side, const OnnxWalk& walk) {
  if (!is_utf8(value.name)) throw WireFault(fmt::format("the name of an {} is not UTF-8", side));
  const char* datatype = onnx_element(value.element).datatype;
  const bool zipmap = value.sequence_of_maps && std::string_view(side) == "output";
  if (!zipmap && !value.other.empty())
    throw WireFault(
        fmt::format("its {} \"{}\" is {}, which can't be served", side, printable(value.name), value.other));
  if (datatype == nullptr)
    throw WireFault(fmt::format("its {} \"{}\" has element type {}, which can't be served", side, printable(value.name),
                                value.element));
  return zipmap ? zipmap_json(value, datatype, walk) : tensor_json(value, datatype);
}

Json signature_of(const OnnxWalk& walk) {
  Json inputs = Json::array(), outputs = Json::array();
  for (const auto& value : walk.inputs)
    if (walk.initializers.count(value.name) == 0) inputs.push_back(value_json(value, "input", walk));
  for (const auto& value : walk.outputs) outputs.push_back(value_json(value, "output", walk));
  if (outputs.empty()) throw WireFault("it has no outputs");
  return {{"inputs", inputs}, {"outputs", outputs}};
}

std::string hint_for(std::string_view bytes) {
  if (bytes.starts_with("\x80\x02") || bytes.starts_with("\x80\x03") || bytes.starts_with("\x80\x04") ||
      bytes.starts_with("\x80\x05"))
    return "this is a pickle, which is a program: export the model to ONNX (skl2onnx, torch.onnx.export)";
  if (bytes.starts_with("PK\x03\x04")) return "this is an archive: export the model to ONNX (torch.onnx.export)";
  return {};
}

// An ORT file is told by these letters and would never be parsed as protobuf.
bool is_ort_format(std::string_view bytes) { return bytes.size() >= 8 && bytes.substr(4, 4) == "ORTM"; }

}  // namespace

OnnxGraph read_onnx(std::string_view model_bytes, const std::string& name, const OnnxLimits& limits) {
  const std::string what = fmt::format("model \"{}\"", printable(name));
  if (model_bytes.size() > k_protobuf_limit)
    throw input_error(what + " is larger than 2 GiB, which ONNX in one file can't be");
  if (is_ort_format(model_bytes)) throw input_error(what + " is in ONNX Runtime's own format; keep the .onnx file");
  OnnxWalk walk(limits);
  try {
    walk.model(model_bytes);
    OnnxGraph out;
    out.ir_version = walk.ir_version;
    out.producer = std::string(trim(to_utf8(walk.producer) + " " + to_utf8(walk.producer_version)));
    out.nodes = walk.nodes;
    out.tensors = walk.tensors;
    if (walk.outputs.empty() || walk.ir_version == 0) throw WireFault("it has no graph");
    out.signature = signature_of(walk);
    return out;
  } catch (const WireFault& fault) {
    throw input_error(fmt::format("{} is no ONNX model that can be used: {}", what, fault.what()),
                      hint_for(model_bytes));
  }
}

Json onnx_signature(std::string_view model_bytes, const std::string& name) {
  return read_onnx(model_bytes, name).signature;
}

}  // namespace mlops::registry
