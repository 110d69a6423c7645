// How programs are started (posix_spawn): descriptors, signals as a program expects them, its group. Private to base.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

extern "C" char** environ;

namespace mlops {

struct Pipe {
  Fd read, write;
};

inline Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error("cannot make a pipe", errno);
  return {Fd(ends[0]), Fd(ends[1])};
}

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  void map(int fd, int target) { posix_spawn_file_actions_adddup2(&actions_, fd, target); }
  void append(int target, const std::filesystem::path& file) {
    posix_spawn_file_actions_addopen(&actions_, target, file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
  }
  void null(int target) { posix_spawn_file_actions_addopen(&actions_, target, "/dev/null", O_RDONLY, 0); }
  void directory(const std::filesystem::path& path) {
    if (!path.empty()) posix_spawn_file_actions_addchdir_np(&actions_, path.c_str());
  }
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class SpawnAttributes {
 public:
  // `own` is the group or the session that the program leads; 0: it stays in ours.
  explicit SpawnAttributes(short own = POSIX_SPAWN_SETPGROUP) {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, static_cast<short>(own | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
    if (own == POSIX_SPAWN_SETPGROUP) posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

// The words as exec takes them; they must outlive it.
inline std::vector<char*> spawn_words(std::vector<std::string>& argv) {
  std::vector<char*> out;
  for (auto& word : argv) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

inline void check_started(int failed, const std::vector<std::string>& argv) {
  if (failed != 0)
    throw system_error("cannot start \"" + printable(argv.front()) + "\"", failed,
                       failed == ENOENT ? "is it installed, and does its directory exist?" : "");
}

}  // namespace mlops
