#include "base/piped_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/spawn.h"
#include "base/text.h"

namespace mlops {
namespace {

int start(std::vector<std::string>& argv, int in, int out) {
  SpawnActions actions;
  actions.map(in, 0);
  actions.map(out, 1);
  SpawnAttributes attributes(0);
  const auto words = spawn_words(argv);
  int pid = -1;
  check_started(::posix_spawnp(&pid, words[0], actions.get(), attributes.get(), words.data(), environ), argv);
  return pid;
}

}  // namespace

PipedProcess::PipedProcess(std::vector<std::string> argv) : argv_(std::move(argv)) {
  auto to = make_pipe(), from = make_pipe();
  pid_ = start(argv_, to.read.get(), from.write.get());
  in_ = std::move(to.write);
  out_ = std::move(from.read);
  for (const auto* fd : {&in_, &out_}) ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
}

PipedProcess::~PipedProcess() {
  in_.reset();
  out_.reset();
  for (int tries = 0; ::waitpid(pid_, nullptr, WNOHANG) == 0; ++tries) {
    if (tries == 100) ::kill(pid_, SIGTERM);
    if (tries == 300) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void PipedProcess::ended() {
  throw outside_error("\"" + printable(argv_.front()) + "\" ended before its work was done",
                      "what it said stands above");
}

void PipedProcess::take(int timeout_ms) {
  pollfd poll_{out_.get(), POLLIN, 0};
  if (::poll(&poll_, 1, timeout_ms) <= 0) return;
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(out_.get(), buffer.data(), buffer.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0)
    end_ = true;
  else
    received_.append(buffer.data(), static_cast<std::size_t>(got));
}

void PipedProcess::write(std::string_view bytes) {
  while (!bytes.empty()) {
    std::array<pollfd, 2> polls{{{in_.get(), POLLOUT, 0}, {out_.get(), POLLIN, 0}}};
    ::poll(polls.data(), polls.size(), 1000);
    if (polls[1].revents != 0) take(0);
    if (end_) ended();
    if (polls[0].revents == 0) continue;
    const ssize_t put = ::write(in_.get(), bytes.data(), bytes.size());
    if (put < 0 && errno != EAGAIN && errno != EINTR) ended();
    if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

std::string PipedProcess::read(std::size_t bytes) {
  while (received_.size() - consumed_ < bytes) {
    if (end_) ended();
    take(1000);
  }
  std::string out = received_.substr(consumed_, bytes);
  consumed_ += bytes;
  if (consumed_ > (1 << 20) || consumed_ == received_.size()) {
    received_.erase(0, consumed_);
    consumed_ = 0;
  }
  return out;
}

}  // namespace mlops
