#include "runtime.h"

#include <dlfcn.h>

#include <string>

#include "base/error.h"
#include "base/module.h"

namespace mlops::serve {
namespace {

const OrtApiBase& open() {
  const std::string path = module_directory() + "/libonnxruntime.so.1";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  const char* reason = library == nullptr ? dlerror() : nullptr;
  const auto base =
      library == nullptr ? nullptr : reinterpret_cast<const OrtApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
  if (base == nullptr)
    throw state_error(
        std::string("ONNX Runtime can't be opened: ") + (reason != nullptr ? reason : "it is no such library"),
        "install mlops again: libonnxruntime.so.1 belongs beside its modules");
  const OrtApi* api = base()->GetApi(ORT_API_VERSION);
  if (api == nullptr) throw state_error("this ONNX Runtime is older than the one mlops was built for");
  Ort::InitApi(api);
  return *base();
}

}  // namespace

const OrtApiBase& runtime() {
  static const OrtApiBase& k_base = open();
  return k_base;
}

Ort::Env& environment() {
  (void)runtime();
  // Never destroyed: sessions may outlive any order of static destruction. What the runtime has to say comes as errors.
  static auto* const k_environment = new Ort::Env(ORT_LOGGING_LEVEL_FATAL, "mlops");
  return *k_environment;
}

}  // namespace mlops::serve
