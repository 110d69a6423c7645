// One call of a model by the Open Inference Protocol over HTTP: from the request's bytes to tensors and back. No
// sockets here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/model.h"

namespace mlops::serve {

class FeatureInputs;

struct WantedOutput {
  std::size_t index = 0;  // in the model's outputs
  bool binary = false;
  std::uint64_t classes = 0;  // 0 = the plain tensor
};

struct InferCall {
  std::string id;  // "" = none
  bool has_id = false;
  std::vector<Tensor> inputs;  // in the model's order
  std::vector<WantedOutput> outputs;
};

// `header_length` is the value of Inference-Header-Content-Length, where the request has it. Shapes, types and sizes
// are checked against the model and the bytes that are there before anything is allocated for them. Throws Error(input)
// with Triton's words where clients may know them; `call` has the request's id then, if that was read.
// `features` completes inputs whose join keys are sent as inputs of their own, [N] or [N,1]; null: nothing does.
void parse_infer(std::string_view body, std::optional<std::string_view> header_length, const Model& model,
                 InferCall& call, const FeatureInputs* features = nullptr);

struct InferAnswer {
  std::string body;
  std::optional<std::size_t> header_length;  // where binary tensors follow the JSON
};
InferAnswer write_infer(const InferCall& call, const Model& model, const std::vector<Tensor>& outputs);

// Throws Error(input) naming the input when the shape is not what the model takes.
void check_shape(const TensorInfo& info, const Shape& shape, const std::string& model);

}  // namespace mlops::serve
