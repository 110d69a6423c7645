// What runs models. ONNX Runtime is behind it in a module that is opened on first use, so that other commands never map
// it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/tensor.h"

namespace mlops::serve {

struct EngineOptions {
  int threads = 1;  // within one operator of one call
};

// What goes in and comes out, as read from the model's bytes (register/onnx_graph.h).
struct Interface {
  std::vector<TensorInfo> inputs, outputs;
};

// A loaded model. run() may be called from several threads at a time.
class Session {
 public:
  virtual ~Session() = default;
  // `inputs` in the order of the interface; answers with the outputs whose indexes are `wanted`, in that order. Types
  // and shapes have been checked against the interface. Throws Error(state) with the model's own words when it fails.
  [[nodiscard]] virtual std::vector<Tensor> run(std::span<const Tensor> inputs,
                                                std::span<const std::size_t> wanted) const = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  [[nodiscard]] virtual std::string version() const = 0;
  // From bytes, never from a path. `bytes` is not needed afterwards. Throws Error(input) naming `name`, also when the
  // model has other inputs or outputs than `interface` says.
  virtual std::unique_ptr<Session> load(std::string_view bytes, const std::string& name, const Interface& interface,
                                        const EngineOptions& options) = 0;
};

// Opens the module on the first call.
Engine& onnx_engine();

}  // namespace mlops::serve
