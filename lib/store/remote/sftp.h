// The SSH file transfer protocol, version 3 (draft-ietf-secsh-filexfer-02), as OpenSSH's server speaks it, over the
// system's ssh.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace mlops {
class PipedProcess;
}

namespace mlops::store {

// One connection. Not thread-safe. Every call throws Error(outside) where the connection or the server fails.
class Sftp {
 public:
  // `command` starts a program that speaks the protocol on its standard input and output; `name` is the server in
  // messages.
  Sftp(std::vector<std::string> command, std::string name);
  ~Sftp();
  Sftp(const Sftp&) = delete;
  Sftp& operator=(const Sftp&) = delete;

  struct Entry {
    std::string name;
    std::uint64_t size = 0;
    std::int64_t modified = 0;  // seconds since 1970, where the server says; else 0
    bool directory = false, regular = false;
  };
  // Without "." and "..". False where there is no such directory.
  bool list(const std::string& directory, std::vector<Entry>& out);
  [[nodiscard]] bool exists(const std::string& path);
  // False where there is no such file; fewer bytes than asked for where it is shorter.
  bool read(const std::string& path, std::uint64_t offset, std::uint64_t length, std::string& out);
  // A new file (an error where there is one), written whole and synced where the server can.
  void write(const std::string& path, const fs::path& file);
  void write(const std::string& path, std::string_view bytes);
  // False where `to` exists; nothing is changed then.
  bool rename(const std::string& from, const std::string& to);
  void remove(const std::string& path);          // what is not there is no error
  void make_directory(const std::string& path);  // with those above it; what is there is no error

 private:
  struct Answer {
    std::uint8_t type = 0;
    std::string body;  // behind the request's id
  };
  std::uint32_t send(std::uint8_t type, std::string_view body);
  Answer receive(std::uint32_t id);
  Answer ask(std::uint8_t type, std::string_view body) { return receive(send(type, body)); }
  std::string packet();
  // The code of a status answer: 0 fine, 1 end of file, 2 no such file, 3 no permission, 4 failure.
  std::uint32_t status(const Answer& answer) const;
  [[noreturn]] void fail(const std::string& doing, const Answer& answer) const;
  std::string open(const std::string& path, std::uint32_t flags, bool& missing);
  void close(const std::string& handle);
  template <class Next>
  void write_from(const std::string& path, const Next& next);

  std::string name_;
  std::unique_ptr<PipedProcess> process_;
  std::uint32_t next_id_ = 1;
  std::map<std::uint32_t, Answer> early_;  // answers that came before they were waited for
  bool can_sync_ = false;
};

}  // namespace mlops::store
