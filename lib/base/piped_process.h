// A program that runs beside this one and is talked to through its standard input and output (ssh's subsystems).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace mlops {

// Not thread-safe. The program gets the caller's standard error, and SIGTERM, then SIGKILL, if it does not end by
// itself within a second after its input was closed.
class PipedProcess {
 public:
  // argv[0] is looked up in PATH. Throws Error(outside) when it can't be started.
  explicit PipedProcess(std::vector<std::string> argv);
  ~PipedProcess();
  PipedProcess(const PipedProcess&) = delete;
  PipedProcess& operator=(const PipedProcess&) = delete;

  // Writes all of `bytes`; meanwhile reads what comes, so that neither side waits for the other. Throws Error(outside)
  // where the program has ended.
  void write(std::string_view bytes);
  // Exactly so many bytes of its output, in order. Throws Error(outside) where it ends before.
  std::string read(std::size_t bytes);

 private:
  void take(int timeout_ms);
  [[noreturn]] void ended();
  std::vector<std::string> argv_;
  int pid_ = -1;
  Fd in_, out_;
  std::string received_;
  std::size_t consumed_ = 0;
  bool end_ = false;
};

}  // namespace mlops
