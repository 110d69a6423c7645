#include "base/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace mlops {
namespace {

std::atomic<int> g_signal{0};

std::stop_source& source() {
  static std::stop_source the_source;
  return the_source;
}

void wait_for_signals(sigset_t set) {
  int signal = 0;
  sigwait(&set, &signal);
  g_signal = signal;
  source().request_stop();
  sigwait(&set, &signal);
  _exit(128 + signal);
}

bool start() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  source();
  std::thread(wait_for_signals, set).detach();
  return true;
}

}  // namespace

std::stop_token interrupt_token() {
  static const bool k_started = start();
  (void)k_started;
  return source().get_token();
}

int interrupt_signal() { return g_signal; }

}  // namespace mlops
