#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/spawn.h"
#include "base/text.h"

namespace mlops {
namespace {

constexpr Micros k_grace = 5'000'000;

std::vector<std::string> environment_of(const ProcessOptions& options) {
  std::map<std::string, std::string> merged;
  if (!options.clear_environment)
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text(*entry);
      const auto equals = text.find('=');
      if (equals != std::string_view::npos) merged[std::string(text.substr(0, equals))] = text.substr(equals + 1);
    }
  for (const auto& [name, value] : options.environment) merged[name] = value;
  std::vector<std::string> out;
  for (const auto& [name, value] : merged) out.push_back(name + "=" + value);
  return out;
}

// One running child: its pipes, deadlines and end.
class Child {
 public:
  explicit Child(const ProcessOptions& options) : options_(options), started_(now_micros()) { start(); }

  ProcessResult wait() {
    while (true) {
      pump();
      if (reap()) break;
      check_limits();
    }
    // What is still in the pipes. A grandchild may hold them open: what is there now is all we wait for.
    drain();
    if (result_.stopped || result_.timed_out || result_.too_much_output) ::kill(-pid_, SIGKILL);
    return result_;
  }

 private:
  void start() {
    SpawnActions actions;
    SpawnAttributes attributes;
    Pipe in, out, error;
    if (!options_.input.empty()) {
      in = make_pipe();
      actions.map(in.read.get(), 0);
    } else if (!options_.input_from_caller) {
      actions.null(0);
    }
    if (options_.on_output) {
      out = make_pipe();
      actions.map(out.write.get(), 1);
    }
    if (options_.on_error) {
      error = make_pipe();
      actions.map(error.write.get(), 2);
    }
    actions.directory(options_.directory);
    auto argv_text = options_.argv;
    auto environment_text = environment_of(options_);
    auto argv = spawn_words(argv_text), environment = spawn_words(environment_text);
    check_started(posix_spawnp(&pid_, argv[0], actions.get(), attributes.get(), argv.data(), environment.data()),
                  options_.argv);
    in_ = std::move(in.write);
    out_ = std::move(out.read);
    error_ = std::move(error.read);
    for (const auto* fd : {&in_, &out_, &error_})
      if (*fd) ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
  }

  void pump() {
    std::array<pollfd, 3> polls{{{in_.get(), POLLOUT, 0}, {out_.get(), POLLIN, 0}, {error_.get(), POLLIN, 0}}};
    const bool idle = !in_ && !out_ && !error_;
    ::poll(polls.data(), polls.size(), idle ? backoff() : 20);
    if (in_ && polls[0].revents != 0) feed();
    if (out_ && polls[1].revents != 0) take(out_, options_.on_output);
    if (error_ && polls[2].revents != 0) take(error_, options_.on_error);
  }

  int backoff() {
    wait_ms_ = std::min(wait_ms_ + 1, 20);
    return wait_ms_;
  }

  void feed() {
    const std::string_view rest = std::string_view(options_.input).substr(fed_);
    const ssize_t put = ::write(in_.get(), rest.data(), rest.size());
    if (put > 0) fed_ += static_cast<std::size_t>(put);
    if ((put < 0 && errno != EAGAIN && errno != EINTR) || fed_ == options_.input.size()) in_.reset();
  }

  bool take(Fd& fd, const std::function<void(std::string_view)>& sink) {
    std::array<char, 65536> buffer;
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (got <= 0) {
      fd.reset();
      return false;
    }
    taken_ += static_cast<std::uint64_t>(got);
    sink({buffer.data(), static_cast<std::size_t>(got)});
    return true;
  }

  void drain() {
    while (out_ && take(out_, options_.on_output)) {
    }
    while (error_ && take(error_, options_.on_error)) {
    }
  }

  bool reap() {
    int status = 0;
    rusage usage{};
    const pid_t got = ::wait4(pid_, &status, WNOHANG, &usage);
    if (got != pid_) return false;
    result_.wall = now_micros() - started_;
    result_.user = usage.ru_utime.tv_sec * Micros{1'000'000} + usage.ru_utime.tv_usec;
    result_.system = usage.ru_stime.tv_sec * Micros{1'000'000} + usage.ru_stime.tv_usec;
    result_.peak_memory_kib = usage.ru_maxrss;
    result_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result_.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
  }

  void check_limits() {
    const Micros now = now_micros();
    if (options_.timeout > 0 && now - started_ > options_.timeout) end(result_.timed_out, now);
    if (options_.stop.stop_requested()) end(result_.stopped, now);
    if (options_.output_limit > 0 && taken_ > options_.output_limit) end(result_.too_much_output, now);
  }

  void end(bool& reason, Micros now) {
    if (ending_ == 0) {
      reason = true;
      ending_ = now;
      ::kill(-pid_, SIGTERM);
    } else if (now - ending_ > k_grace) {
      ::kill(-pid_, SIGKILL);
    }
  }

  const ProcessOptions& options_;
  Micros started_, ending_ = 0;
  pid_t pid_ = -1;
  Fd in_, out_, error_;
  std::size_t fed_ = 0;
  std::uint64_t taken_ = 0;
  int wait_ms_ = 0;
  ProcessResult result_;
};

}  // namespace

ProcessResult run_process(const ProcessOptions& options) {
  if (options.argv.empty() || options.argv.front().empty()) throw usage_error("there is no program to start");
  return Child(options).wait();
}

int start_detached(const std::vector<std::string>& argv, const std::filesystem::path& directory,
                   const std::filesystem::path& log) {
  SpawnActions actions;
  SpawnAttributes attributes(POSIX_SPAWN_SETSID);
  actions.null(0);
  actions.append(1, "/dev/null");
  actions.append(2, log);
  actions.directory(directory);
  auto words = argv;
  auto vector = spawn_words(words);
  pid_t pid = -1;
  check_started(posix_spawnp(&pid, vector[0], actions.get(), attributes.get(), vector.data(), environ), argv);
  return pid;
}

std::size_t kill_by_environment(const std::string& name, const std::string& value) {
  const std::string wanted = name + "=" + value;
  std::size_t killed = 0;
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", problem)) {
    const int pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 1 || pid == ::getpid()) continue;
    const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));  // names it for good: ids are used again
    if (!process) continue;
    std::ifstream file(entry.path() / "environ", std::ios::binary);
    std::string variable;
    while (std::getline(file, variable, '\0') && variable != wanted) {
    }
    if (variable == wanted && ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) == 0) ++killed;
  }
  return killed;
}

std::filesystem::path self_path() { return std::filesystem::read_symlink("/proc/self/exe"); }

}  // namespace mlops
