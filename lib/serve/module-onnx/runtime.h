// ONNX Runtime, opened from beside this module. Its exceptions end here as mlops::Error.
#pragma once

#include <onnxruntime_cxx_api.h>

namespace mlops::serve {

// Opens the library and initialises its API on the first call. Throws Error(state) when it is missing.
const OrtApiBase& runtime();
Ort::Env& environment();

}  // namespace mlops::serve
