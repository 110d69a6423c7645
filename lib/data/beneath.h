// Files below a root, reached one component at a time and through no link, whoever swaps what meanwhile (threats S1.1):
// openat2 with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, or openat with O_NOFOLLOW where the kernel has no openat2.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/file_stat.h"
#include "base/temporary.h"
#include "store/tree.h"

namespace mlops::data {

// nullopt for what can't be versioned: FIFOs, sockets, devices.
std::optional<store::Mode> mode_of(const struct stat& info);

// "a/b" beneath a root: not empty, and every component a valid name of a tree. Throws Error(input) naming the path.
void check_path(const std::string& path);
// "a/b" → {"a", "b"}; "b" → {"", "b"}.
std::pair<std::string, std::string> split_path(const std::string& path);
std::string join_path(const std::string& directory, const std::string& name);
// Is `path` the path `above`, or does it lie in it?
bool is_in(const std::string& path, const std::string& above);

// Everything that goes wrong names `root`-relative paths. `path` "" is the root itself. Thread-safe.
class Beneath {
 public:
  explicit Beneath(const fs::path& root);

  // An empty Fd where nothing is there. Throws Error(input) where a link stands in the way or it is no directory.
  [[nodiscard]] Fd find_directory(const std::string& path) const;
  // As above, but it must be there.
  [[nodiscard]] Fd open_directory(const std::string& path) const;
  // Makes the missing ones. Throws Error(input) where something else than a directory stands in the way.
  [[nodiscard]] Fd make_directory(const std::string& path) const;
  // lstat. nullopt where nothing is there.
  [[nodiscard]] std::optional<struct stat> look(const std::string& path) const;

  // Small files of our own (pointers, .gitignore): whole, replaced atomically and durably.
  [[nodiscard]] std::optional<std::string> read(const std::string& path, std::uint64_t limit = 1 << 20) const;
  void replace(const std::string& path, std::string_view bytes) const;
  // unlink; nothing there is fine.
  void remove_file(const std::string& path) const;

 private:
  Fd root_;
};

// A regular file for reading, never through a link, never waiting for the other end of a FIFO. `name` for messages.
Fd open_file_at(int directory, const std::string& name, const std::string& path);
std::string read_link_at(int directory, const std::string& name, const std::string& path);

// What stands where something else is to come, as far as it is known.
struct Occupant {
  bool there = true;
  std::optional<FileStat> file = {};  // it is this file, and goes only as that; otherwise whatever it is goes
};
// Throws Error(outside): something stands at `path` that was not there when it was looked at.
[[noreturn]] void refuse_newcomer(const std::string& path);
// Renames `fresh` to `name` in a directory, where `occupant` stands. A file is looked at after it has lost its name, so
// that what was written to it up to then is seen; then it gets its name back. (A new name that it gets or loses changes
// its ctime only.) Throws Error(outside), naming `path`, where something else stands there.
void supplant(int directory, const std::string& fresh, const std::string& name, const Occupant& occupant,
              const std::string& path);
// The same with nothing that comes in its place; nothing there is fine.
void remove_unchanged(int directory, const std::string& name, const FileStat& file, const std::string& path);

// A new file in a directory, not in its place yet; without place() it goes away again. With `name` in a directory that
// is not in its place itself (staging.h): there it has its name from the start.
class NewFile {
 public:
  NewFile(int directory, std::string path, unsigned mode, const std::string& name = "");
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  [[nodiscard]] int fd() const { return fd_.get(); }
  // Long runs of zeros become holes.
  void write(std::span<const std::byte> bytes);
  // Renames it in, where `occupant` stands. Returns its state.
  FileStat place(const std::string& name, const Occupant& occupant = {});

 private:
  int directory_;
  std::string path_, temporary_;
  Fd fd_;
  bool ends_in_hole_ = false;
};

}  // namespace mlops::data
