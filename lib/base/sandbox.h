// Untrusted models and foreign formats are looked at in a process of their own, with limits on time, memory and files
// and with no network, before this process touches them. The helper is this same binary, started as `mlops --helper
// NAME`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace mlops {

struct SandboxLimits {
  Micros time = 2'000'000;                        // wall
  std::uint64_t memory = std::uint64_t{2} << 30;  // address space, bytes
  std::uint64_t output = std::uint64_t{64} << 20;
};

// A task reads its input and returns its answer; it runs inside the helper process after the limits are in force.
// Throwing Error is an answer too: the caller sees the same error.
using SandboxTask = std::string (*)(std::string_view input);

// Tables are static: call at namespace scope's first use, before main() looks for --helper. Names are unique.
bool register_sandbox_task(std::string_view name, SandboxTask task);

// Runs `task` on `input` in a helper. Throws what the task threw; Error(input) saying that a limit was reached or the
// helper died, naming `what` ("model \"x.onnx\"").
std::string run_sandboxed(std::string_view task, std::string_view input, const std::string& what,
                          const SandboxLimits& limits = {});

// The helper's side; called by main for `--helper NAME`. Returns the process's exit code.
int run_sandbox_helper(std::string_view name);

}  // namespace mlops
