#include "register/mlflow_signature.h"

#include <utility>

#include "base/yaml.h"
#include "store/tree.h"

namespace mlops::registry {
namespace {

constexpr std::uint64_t k_file_bytes = 1 << 20;

std::string datatype(std::string_view type) {
  static constexpr std::pair<std::string_view, const char*> k_types[] = {
      {"double", "FP64"},  {"float64", "FP64"}, {"float", "FP32"},    {"float32", "FP32"},  {"float16", "FP16"},
      {"long", "INT64"},   {"int64", "INT64"},  {"integer", "INT32"}, {"int32", "INT32"},   {"int16", "INT16"},
      {"int8", "INT8"},    {"uint8", "UINT8"},  {"uint16", "UINT16"}, {"uint32", "UINT32"}, {"uint64", "UINT64"},
      {"boolean", "BOOL"}, {"bool", "BOOL"}};
  for (const auto& [theirs, ours] : k_types)
    if (theirs == type) return ours;
  return "BYTES";
}

Json tensor_of(const Json& column, const char* side, std::size_t at) {
  Json out{{"name", text_or(column, "name", std::string(side) + "_" + std::to_string(at))},
           {"datatype", datatype(text_or(column, "type"))},
           {"shape", Json::array({-1})}};
  const Json tensor = column.value("tensor-spec", Json());
  if (tensor.is_object()) {
    out["datatype"] = datatype(text_or(tensor, "dtype"));
    out["shape"] = tensor.value("shape", Json::array({-1}));
  }
  return out;
}

// A side is JSON as text: [{"type": "double", "name": "x"}, …].
Json side_of(const Json& signature, const char* side) {
  Json out = Json::array();
  const std::string text = text_or(signature, side);
  if (text.empty()) return out;
  for (const auto& column : parse_json(text, "MLmodel"))
    if (column.is_object()) out.push_back(tensor_of(column, side, out.size()));
  return out;
}

}  // namespace

Json mlflow_signature(const store::Store& store, const store::ObjectRef& object) {
  if (object.kind != store::Kind::tree) return Json::object();
  for (const auto& entry : store::decode_tree(store.get(store::Kind::tree, object.id))) {
    if (entry.name != "MLmodel" || entry.size > k_file_bytes) continue;
    try {
      const Json model = to_json(parse_yaml(store.read_whole_file(entry.id, k_file_bytes), "MLmodel"));
      const Json signature = model.is_object() ? model.value("signature", Json()) : Json();
      if (signature.is_object())
        return {{"inputs", side_of(signature, "inputs")}, {"outputs", side_of(signature, "outputs")}};
    } catch (const std::exception&) {
      return Json::object();
    }
  }
  return Json::object();
}

}  // namespace mlops::registry
