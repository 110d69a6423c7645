#include "store/remote/ssh.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <mutex>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/remote/sftp.h"

namespace mlops::store {
namespace {

constexpr std::size_t k_most_items = 2'000'000;  // that a list may have
constexpr const char* k_fresh = ".new-";         // begins the name of what is not complete yet

struct Address {
  std::string user, host, port, folder;
};

Error bad(const std::string& url, const std::string& why) {
  return usage_error("\"" + printable(url) + "\" is no address that ssh may be given: " + why,
                     "ssh://ana@store.example/srv/churn");
}

bool plain(const std::string& text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           more.find(c) != std::string_view::npos;
  });
}

// Letters, digits and few signs only, and nothing that begins with "-": an address must not become an option or a
// command.
Address parse(const std::string& url) {
  Address out;
  std::string rest = url.substr(6);
  const auto slash = rest.find('/');
  if (slash == std::string::npos || slash + 1 == rest.size()) throw bad(url, "it names no folder");
  out.folder = rest.substr(slash);
  rest.resize(slash);
  if (const auto at = rest.rfind('@'); at != std::string::npos) {
    out.user = rest.substr(0, at);
    rest = rest.substr(at + 1);
    if (out.user.empty() || out.user.front() == '-' || !plain(out.user, "._-"))
      throw bad(url, "that is no user's name");
  }
  if (const auto colon = rest.rfind(':'); colon != std::string::npos && rest.find(']', colon) == std::string::npos) {
    out.port = rest.substr(colon + 1);
    rest.resize(colon);
    int number = 0;
    const auto [end, problem] = std::from_chars(out.port.data(), out.port.data() + out.port.size(), number);
    if (problem != std::errc() || end != out.port.data() + out.port.size() || number < 1 || number > 65535)
      throw bad(url, "that is no port");
  }
  if (rest.size() > 2 && rest.front() == '[' && rest.back() == ']') rest = rest.substr(1, rest.size() - 2);
  out.host = rest;
  if (out.host.empty() || out.host.front() == '-' || !plain(out.host, ".-_:")) throw bad(url, "that is no host's name");
  for (const auto& part : split(out.folder.substr(1), '/'))
    if (part == ".." || part == "." || part.starts_with('-'))
      throw bad(url, "a folder can't be called \"" + printable(part) + "\"");
  for (const char c : out.folder)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) throw bad(url, "it holds control characters");
  while (out.folder.size() > 1 && out.folder.back() == '/') out.folder.pop_back();
  if (out.folder.starts_with("/~/")) out.folder.erase(0, 3);
  return out;
}

std::vector<std::string> command(const Address& address) {
  std::vector<std::string> out{"ssh", "-oBatchMode=yes", "-oServerAliveInterval=15"};
  // Which configuration ssh reads is the user's own business: from the environment, never from the repository.
  if (const char* file = std::getenv("MLOPS_SSH_CONFIG"); file != nullptr && *file != '\0')
    out.insert(out.end(), {"-F", file});
  if (!address.port.empty()) out.insert(out.end(), {"-p", address.port});
  if (!address.user.empty()) out.insert(out.end(), {"-l", address.user});
  out.insert(out.end(), {"-s", "--", address.host, "sftp"});
  return out;
}

class SshRemote : public Remote {
 public:
  explicit SshRemote(const std::string& url) : url_(url), address_(parse(url)) {}

  [[nodiscard]] const std::string& url() const override { return url_; }
  [[nodiscard]] unsigned most_jobs() const override { return 4; }  // each is a login, and servers drop many at once

  [[nodiscard]] std::vector<Item> list(const std::string& prefix) const override {
    std::vector<Item> out;
    with([&](Sftp& sftp) {
      std::size_t looked = 0;
      out.clear();
      walk(sftp, prefix.substr(0, prefix.size() - 1), out, looked, 0);
    });
    return out;
  }

  [[nodiscard]] std::string read(const std::string& name, std::uint64_t offset, std::uint64_t length) const override {
    std::string out;
    bool there = true;
    with([&](Sftp& sftp) { there = sftp.read(path(name), offset, length, out); });
    if (!there) throw Gone(url_, name);
    if (out.size() != length)
      throw state_error(name + " on " + printable(url_) + " is shorter than it should be",
                        "push again from a clone that has it");
    return out;
  }

  bool write_once(const std::string& name, const fs::path& file) override { return write(name, file); }
  bool write_once(const std::string& name, std::string_view bytes) override { return write(name, bytes); }

  void remove(const std::string& name) override {
    with([&](Sftp& sftp) { sftp.remove(path(name)); });
  }

  std::uint64_t sweep(std::int64_t age) override {
    std::uint64_t swept = 0;
    const auto now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1);
    with([&](Sftp& sftp) {
      swept = 0;
      sweep(sftp, address_.folder, now - age / 1'000'000, swept, 0);
    });
    return swept;
  }

 private:
  static void sweep(Sftp& sftp, const std::string& folder, std::int64_t before, std::uint64_t& swept, int depth) {
    std::vector<Sftp::Entry> entries;
    sftp.list(folder, entries);
    for (const auto& entry : entries) {
      if (entry.name.find('/') != std::string::npos) continue;
      if (entry.directory && depth < 3 && !entry.name.starts_with('.'))
        sweep(sftp, folder + "/" + entry.name, before, swept, depth + 1);
      if (!entry.regular || !entry.name.starts_with(k_fresh) || entry.modified == 0 || entry.modified >= before)
        continue;
      sftp.remove(folder + "/" + entry.name);
      ++swept;
    }
  }

  [[nodiscard]] std::string path(const std::string& name) const { return address_.folder + "/" + name; }

  void walk(Sftp& sftp, const std::string& folder, std::vector<Item>& out, std::size_t& looked, int depth) const {
    std::vector<Sftp::Entry> entries;
    sftp.list(path(folder), entries);
    if ((looked += entries.size()) > k_most_items)
      throw outside_error("the list of " + printable(url_) + " does not end",
                          "what answers there is no sound SFTP server");
    for (const auto& entry : entries) {
      if (entry.name.starts_with('.') || entry.name.find('/') != std::string::npos) continue;
      if (entry.regular) out.push_back({folder + "/" + entry.name, entry.size});
      if (entry.directory && depth < 3) walk(sftp, folder + "/" + entry.name, out, looked, depth + 1);
    }
  }

  template <class Bytes>
  bool write(const std::string& name, const Bytes& bytes) {
    bool made = false;
    with([&](Sftp& sftp) {
      made = false;
      if (sftp.exists(path(name))) return;
      const std::string folder = path(name).substr(0, path(name).rfind('/')),
                        fresh = folder + "/" + k_fresh + random_hex(16);
      sftp.make_directory(folder);
      try {
        sftp.write(fresh, bytes);
        made = sftp.rename(fresh, path(name));
      } catch (const Error&) {
        try_to_remove(sftp, fresh);
        throw;
      }
      if (!made) sftp.remove(fresh);
    });
    return made;
  }

  // So that a full disk there does not stay full. Where the connection is gone a gc sweeps it.
  static void try_to_remove(Sftp& sftp, const std::string& file) {
    try {
      sftp.remove(file);
    } catch (const Error&) {
    }
  }

  // A connection for each thread at work; a failed one is not used again.
  template <class Work>
  void with(const Work& work) const {
    std::unique_ptr<Sftp> connection;
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        connection = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (connection == nullptr) connection = std::make_unique<Sftp>(command(address_), url_);
    work(*connection);
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }

  std::string url_;
  Address address_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Sftp>> idle_;
};

}  // namespace

std::string check_ssh_url(const std::string& url) {
  parse(url);
  return url;
}

std::unique_ptr<Remote> open_ssh_remote(const std::string& url) { return std::make_unique<SshRemote>(url); }

}  // namespace mlops::store
