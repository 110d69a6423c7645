// What one call of a model leaves behind for monitoring and lineage.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "serve/model.h"

namespace mlops::serve {

struct Call {
  std::shared_ptr<const Model> model;
  std::string request_id;
  Micros time = 0, latency = 0;
  int status = 200;
  std::vector<Tensor> inputs;               // in the model's order
  std::vector<std::size_t> output_indexes;  // of `outputs` in the model's outputs
  std::vector<Tensor> outputs;
  std::int64_t rows = -1;  // where it is known otherwise than from the inputs (read from the log)
};

// Where calls go. Must not wait and must not throw.
using CallSink = std::function<void(Call&&)>;

}  // namespace mlops::serve
