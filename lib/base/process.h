// Starting other programs: posix_spawn, an argument vector (never a shell of ours), a process group of their own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace mlops {

struct ProcessOptions {
  std::vector<std::string> argv;    // argv[0] is looked up in PATH
  std::filesystem::path directory;  // empty = the caller's
  // Added to or replacing the caller's environment; with `clear_environment` it is all there is.
  std::vector<std::pair<std::string, std::string>> environment;
  bool clear_environment = false;
  std::string input;  // standard input; empty = /dev/null
  bool input_from_caller = false;
  Micros timeout = 0;    // 0 = none; then the whole group gets SIGTERM, after 5 s SIGKILL
  std::stop_token stop;  // the same, on request
  // Called with each piece of standard output and error as it comes. Unset: the caller's own.
  std::function<void(std::string_view)> on_output, on_error;
  std::uint64_t output_limit = 0;  // bytes of output after which the group is killed; 0 = none
};

struct ProcessResult {
  int exit_code = -1;  // as a shell shows it: 128 + signal when killed
  int signal = 0;
  bool timed_out = false, stopped = false, too_much_output = false;
  Micros wall = 0, user = 0, system = 0;
  std::int64_t peak_memory_kib = 0;
};

// Waits for the end. Throws Error(outside) when the program can't be started (hint: is it installed).
ProcessResult run_process(const ProcessOptions& options);

// Starts a program that outlives this one: a session of its own, standard input and output closed, standard error into
// `log` (appended). Returns its process id; whoever starts it waits for it, if anybody does. Throws as run_process.
int start_detached(const std::vector<std::string>& argv, const std::filesystem::path& directory,
                   const std::filesystem::path& log);

// Kills (SIGKILL) every process of this user whose environment holds NAME=VALUE; returns how many there were. For what
// is left of a job whose own process is gone: groups and sessions change, the environment is handed on.
std::size_t kill_by_environment(const std::string& name, const std::string& value);

// The path of the running binary itself (for helpers that run in a process of their own).
std::filesystem::path self_path();

}  // namespace mlops
