// Heavy libraries (Arrow, ONNX Runtime) live in modules that are opened on first use, from beside the binary and from
// nowhere else. A module exports one extern "C" factory and the id of the build that it belongs to.
#pragma once

#include <string>

#include "build_id.h"  // the literal: a call of build_id() would find the binary's own

namespace mlops {

// Every module defines, by MLOPS_MODULE below,
//   extern "C" const char* mlops_module_build();   its k_build_id
//   extern "C" void* mlops_module_interface();     a static object of the interface class that its owner documents
// Returns that object. Opened once, never closed. Throws Error(state) when the module is missing or of another build.
void* open_module(const std::string& name);

// The directory with modules and shared files of this binary: ../lib/mlops beside bin/.
std::string module_directory();

}  // namespace mlops

#define MLOPS_MODULE(object)                                                                                    \
  extern "C" __attribute__((visibility("default"))) const char* mlops_module_build() { return MLOPS_BUILD_ID; } \
  extern "C" __attribute__((visibility("default"))) void* mlops_module_interface() { return &(object); }
