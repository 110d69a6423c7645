// A place that holds packs for others: a directory, a bucket, a machine behind ssh. Objects are written once and never
// changed; a remote is not trusted, so what comes from it is checked before it enters a store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace mlops::store {

// What was there is not any more: gc removed it since. Whoever looks again finds the same objects in other packs.
class Gone : public Error {
 public:
  Gone(const std::string& url, const std::string& name);
};

// Names are "packs/HEX.pack", "packs/HEX.index", "journal/CLONE/NUMBER", "listing/NUMBER", "condemned/HEX",
// "pushes/HEX": parts of lower-case letters, digits and dots. All calls are thread-safe. Throws Error(outside) naming
// the remote when it can't be reached or does not do as it should, Gone when it has not got what it listed,
// Error(state) when that is shorter than it should be.
class Remote {
 public:
  struct Item {
    std::string name;
    std::uint64_t size = 0;
  };

  virtual ~Remote() = default;
  [[nodiscard]] virtual const std::string& url() const = 0;  // as told to people, without credentials
  // Whether nothing can be written to it, however allowed one is.
  [[nodiscard]] virtual bool read_only() const { return false; }
  // Whether `list` may name what gc has removed since, because nothing there can be listed.
  [[nodiscard]] virtual bool lists_what_was() const { return false; }
  // Transfers at a time that it bears.
  [[nodiscard]] virtual unsigned most_jobs() const { return 64; }
  // Everything whose name begins with `prefix` ("packs/"), in any order. A remote that was never written to is empty.
  [[nodiscard]] virtual std::vector<Item> list(const std::string& prefix) const = 0;
  // Exactly `length` bytes from `offset`.
  [[nodiscard]] virtual std::string read(const std::string& name, std::uint64_t offset, std::uint64_t length) const = 0;
  // The bytes of a file, whole or not at all, durable when the call returns. False where there is one of that name: it
  // stays.
  virtual bool write_once(const std::string& name, const fs::path& file) = 0;
  virtual bool write_once(const std::string& name, std::string_view bytes) = 0;
  // For gc alone. What is not there is no error.
  virtual void remove(const std::string& name) = 0;
  // For gc alone: removes what writers that were killed left unfinished and nobody can list, where it was last changed
  // more than `age` microseconds ago. Returns how many; 0 also where a remote can't tell.
  virtual std::uint64_t sweep(std::int64_t /*age*/) { return 0; }
};

// By the URL's scheme: a path or file:// (the table in remote.cpp lists all). Throws Error(usage) for another one and
// for a URL that holds a password. Kinds over HTTP end what is under way within about a second where `stop` is
// requested, with Error(state) "interrupted".
std::unique_ptr<Remote> open_remote(const std::string& url, std::stop_token stop = {});
// What open_remote would throw, without opening anything. Returns the URL as it is to be kept: paths absolute.
std::string check_remote_url(const std::string& url);

}  // namespace mlops::store
