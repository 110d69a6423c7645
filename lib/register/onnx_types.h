// ONNX element types as the Open Inference Protocol names them, and value types as tensors of a signature.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace mlops::registry {

struct OnnxElement {
  const char* datatype;  // "FP32"; nullptr where the protocol has no name for it
  unsigned width;        // bytes; 0 for strings and for types narrower than a byte
};
// By TensorProto.DataType. {nullptr, 0} for an unknown number.
OnnxElement onnx_element(std::int64_t data_type);

// A ValueInfoProto: a tensor with datatype and shape, or something else, in words.
struct OnnxValue {
  std::string name;
  std::int64_t element = 0;  // of a tensor, or of the values of a sequence of maps
  bool any_rank = true;
  Json shape = Json::array();  // -1 = any
  bool sequence_of_maps = false;
  std::string other;  // what it is when it is neither: "a sequence"
};
// Throws WireFault on malformed bytes and on types nested deeper than `nesting`.
OnnxValue read_value_info(std::string_view bytes, int nesting);

}  // namespace mlops::registry
