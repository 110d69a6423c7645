#include "base/module.h"

#include <dlfcn.h>

#include <map>
#include <mutex>
#include <string_view>

#include "base/build.h"
#include "base/error.h"
#include "base/process.h"

namespace mlops {
namespace {

void* load(const std::string& name) {
  const std::string path = module_directory() + "/" + name + ".so";
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    throw state_error("module \"" + name + "\" can't be opened: " + (reason != nullptr ? reason : "unknown reason"),
                      "install mlops again: its modules belong beside the binary, in ../lib/mlops");
  }
  const auto build = reinterpret_cast<const char* (*)()>(dlsym(handle, "mlops_module_build"));
  const auto interface = reinterpret_cast<void* (*)()>(dlsym(handle, "mlops_module_interface"));
  if (build == nullptr || interface == nullptr || std::string_view(build()) != build_id())
    throw state_error("module \"" + name + "\" belongs to another build of mlops",
                      "install binary and modules together");
  return interface();
}

}  // namespace

std::string module_directory() { return (self_path().parent_path().parent_path() / "lib/mlops").string(); }

void* open_module(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, void*> open;
  const std::lock_guard lock(mutex);
  auto& slot = open[name];
  if (slot == nullptr) slot = load(name);
  return slot;
}

}  // namespace mlops
