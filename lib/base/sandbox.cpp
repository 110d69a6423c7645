#include "base/sandbox.h"

#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/process.h"

namespace mlops {
namespace {

std::map<std::string, SandboxTask, std::less<>>& tasks() {
  static std::map<std::string, SandboxTask, std::less<>> table;
  return table;
}

void limit(int what, std::uint64_t value) {
  const rlimit both{value, value};
  setrlimit(static_cast<__rlimit_resource>(what), &both);
}

// Refuses `call` where its argument has the flag. (libseccomp's own macros for this are C99 literals, which C++ has
// not.)
void forbid_flag(scmp_filter_ctx filter, int call, unsigned argument, int flag) {
  const scmp_arg_cmp where{argument, SCMP_CMP_MASKED_EQ, static_cast<scmp_datum_t>(flag),
                           static_cast<scmp_datum_t>(flag)};
  seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), call, 1, &where);
}

// No sockets, no new programs, no other processes looked at. Files may be opened: shared libraries load on demand.
void forbid_system_calls() {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) throw state_error("the helper process can't be confined");
  for (const int call : {SCMP_SYS(socket),
                         SCMP_SYS(socketpair),
                         SCMP_SYS(connect),
                         SCMP_SYS(bind),
                         SCMP_SYS(listen),
                         SCMP_SYS(execve),
                         SCMP_SYS(execveat),
                         SCMP_SYS(fork),
                         SCMP_SYS(vfork),
                         SCMP_SYS(ptrace),
                         SCMP_SYS(process_vm_readv),
                         SCMP_SYS(process_vm_writev),
                         SCMP_SYS(kill),
                         SCMP_SYS(unlink),
                         SCMP_SYS(unlinkat),
                         SCMP_SYS(rename),
                         SCMP_SYS(renameat),
                         SCMP_SYS(renameat2),
                         SCMP_SYS(mkdir),
                         SCMP_SYS(mkdirat),
                         SCMP_SYS(mount),
                         SCMP_SYS(bpf)})
    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
  // Opening for writing is refused whatever the path.
  for (const auto flag : {O_WRONLY, O_RDWR}) {
    forbid_flag(filter, SCMP_SYS(openat), 2, flag);
    forbid_flag(filter, SCMP_SYS(open), 1, flag);
  }
  const int failed = seccomp_load(filter);
  seccomp_release(filter);
  if (failed != 0) throw state_error("the helper process can't be confined");
}

std::string read_all(int fd) {
  std::string out;
  std::string buffer(1 << 16, '\0');
  while (const auto got = read_some(fd, std::as_writable_bytes(std::span(buffer)), "standard input"))
    out.append(buffer, 0, got);
  return out;
}

Json to_json(const Error& error) {
  return {{"kind", static_cast<int>(error.kind())},
          {"message", error.message()},
          {"hint", error.hint()},
          {"file", error.file()},
          {"line", error.line()},
          {"column", error.column()}};
}

[[noreturn]] void rethrow(const std::string& text) {
  const Json error = parse_json(text, "the helper's answer");
  throw Error(static_cast<ErrorKind>(integer_or(error, "kind")), text_or(error, "message"), text_or(error, "hint"))
      .at(text_or(error, "file"), static_cast<int>(integer_or(error, "line")),
          static_cast<int>(integer_or(error, "column")));
}

constexpr int k_helper_error = 10;  // the task threw: standard error holds the Error as JSON

}  // namespace

bool register_sandbox_task(std::string_view name, SandboxTask task) {
  return tasks().emplace(std::string(name), task).second;
}

std::string run_sandboxed(std::string_view task, std::string_view input, const std::string& what,
                          const SandboxLimits& limits) {
  std::string output, errors;
  ProcessOptions options;
  options.argv = {self_path().string(), "--helper", std::string(task)};
  options.clear_environment = true;
  options.environment = {{"MLOPS_HELPER_MEMORY", std::to_string(limits.memory)},
                         {"MLOPS_HELPER_SECONDS", std::to_string(limits.time / 1'000'000 + 1)},
                         {"ARROW_DEFAULT_MEMORY_POOL", "system"}};
  options.directory = "/";
  options.input = std::string(input);
  options.timeout = limits.time;
  options.output_limit = limits.output;
  options.on_output = [&](std::string_view piece) { output += piece; };
  options.on_error = [&](std::string_view piece) { errors.append(piece.substr(0, 65536)); };
  const ProcessResult result = run_process(options);
  if (result.timed_out)
    throw input_error(what + " takes longer to examine than is allowed (" + show_duration(limits.time) + ")");
  if (result.exit_code == k_helper_error) rethrow(errors);
  if (result.exit_code != 0 || result.too_much_output)
    throw input_error(what + " can't be examined within the limits: it is damaged or hostile");
  return output;
}

int run_sandbox_helper(std::string_view name) {
  try {
    const auto found = tasks().find(name);
    if (found == tasks().end()) return k_exit_usage;
    const char* memory = std::getenv("MLOPS_HELPER_MEMORY");
    const char* seconds = std::getenv("MLOPS_HELPER_SECONDS");
    const std::string input = read_all(0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    limit(RLIMIT_CORE, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    if (memory != nullptr) limit(RLIMIT_AS, std::strtoull(memory, nullptr, 10));
#else
    (void)memory;
#endif
    if (seconds != nullptr) limit(RLIMIT_CPU, std::strtoull(seconds, nullptr, 10));
    forbid_system_calls();
    write_all(1, found->second(input), "standard output");
    return 0;
  } catch (const Error& error) {
    write_all(2, to_json(error).dump(-1, ' ', false, Json::error_handler_t::replace), "standard error");
    return k_helper_error;
  } catch (const std::exception&) {
    return k_exit_input;  // out of memory and the like: the caller says so
  }
}

}  // namespace mlops
