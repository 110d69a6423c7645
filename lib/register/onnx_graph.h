// What an ONNX model says about itself, read from its protobuf without a runtime. The bytes are hostile until walked:
// they may name files of this machine (external data, also in places that runtimes forget), ask for custom operators,
// or be small and take minutes to load. Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; threats S2.1,
// S3.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mlops::registry {

// Far above what real models have (a large language model: 20,000 nodes), far below what takes a runtime minutes.
struct OnnxLimits {
  int nesting = 16;                                     // graphs within graphs, types within types
  std::uint64_t nodes = 200'000;                        // also after functions are expanded into their callers
  std::uint64_t tensors = 200'000;                      // initializers and constants
  std::uint64_t tensor_bytes = std::uint64_t{2} << 30;  // one tensor; a sparse one counts as it is when dense
};

struct OnnxGraph {
  std::int64_t ir_version = 0;
  std::string producer;  // "skl2onnx 1.17.0"
  std::uint64_t nodes = 0, tensors = 0;
  // {"inputs": [TENSOR…], "outputs": [TENSOR…]} as ModelVersion::signature. A ZipMap's sequence of maps is a tensor
  // [-1, classes] with its "labels".
  Json signature;
};

// Walks the whole model. Throws Error(input) naming `name` when it is no ONNX model, stores data in other files, needs
// operators that no runtime of ours has, passes a limit, or has inputs or outputs that can't be served.
OnnxGraph read_onnx(std::string_view model_bytes, const std::string& name, const OnnxLimits& limits = {});

// Just the signature, after the same checks.
Json onnx_signature(std::string_view model_bytes, const std::string& name);

}  // namespace mlops::registry
