// Ctrl-C and SIGTERM as a stop token. Until somebody asks for the token, both end the process at once, which is always
// safe: nothing is left half written.
#pragma once

#include <stop_token>

namespace mlops {

// The first call blocks SIGINT and SIGTERM in this thread and every later one, and starts the thread that waits for
// them: call it before other threads are started. A second signal ends the process at once.
std::stop_token interrupt_token();
// SIGINT, SIGTERM or 0.
int interrupt_signal();

}  // namespace mlops
