// From a model's outputs to the body of the answer.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

#include "serve/classification.h"
#include "serve/infer.h"
#include "serve/tensor_binary.h"
#include "serve/tensor_json.h"
#include "serve/wire_json.h"

namespace mlops::serve {
namespace {

void append_output(InferAnswer& answer, std::string& tail, const TensorInfo& info, const Tensor& tensor, bool binary) {
  answer.body += "{\"name\":";
  append_text(answer.body, info.name);
  fmt::format_to(std::back_inserter(answer.body), ",\"datatype\":\"{}\",\"shape\":[{}],", to_text(tensor.type),
                 fmt::join(tensor.shape, ","));
  if (binary) {
    fmt::format_to(std::back_inserter(answer.body), "\"parameters\":{{\"binary_data_size\":{}}}}}",
                   binary_size(tensor));
    append_binary(tail, tensor);
    return;
  }
  answer.body += "\"data\":";
  append_values(answer.body, tensor, info.name);
  answer.body.push_back('}');
}

}  // namespace

InferAnswer write_infer(const InferCall& call, const Model& model, const std::vector<Tensor>& outputs) {
  InferAnswer answer;
  std::string tail;
  bool any_binary = false;
  answer.body.push_back('{');
  if (call.has_id) {
    answer.body += "\"id\":";
    append_text(answer.body, call.id);
    answer.body.push_back(',');
  }
  answer.body += "\"model_name\":";
  append_text(answer.body, model.name);
  answer.body += ",\"model_version\":\"" + model.version + "\",\"outputs\":[";
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const WantedOutput& wanted = call.outputs[i];
    const TensorInfo& info = model.interface.outputs[wanted.index];
    if (i > 0) answer.body.push_back(',');
    append_output(answer, tail, info, wanted.classes > 0 ? classify(outputs[i], wanted.classes, info) : outputs[i],
                  wanted.binary);
    any_binary = any_binary || wanted.binary;
  }
  answer.body += "]}";
  if (any_binary) answer.header_length = answer.body.size();
  answer.body += tail;
  return answer;
}

}  // namespace mlops::serve
