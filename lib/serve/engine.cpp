#include "serve/engine.h"

#include "base/module.h"

namespace mlops::serve {

Engine& onnx_engine() { return *static_cast<Engine*>(open_module("onnx")); }

}  // namespace mlops::serve
