// Files and folders that are not in their place yet, or needed for as long as a command runs. They all have one kind of
// name and are held by a lock that dies with its process: so what a kill left is told from what somebody works on.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"

namespace mlops {

// ".mlops-" 16 hexadecimal digits ".tmp"; no other file has it.
std::string temporary_name();
bool is_temporary_name(std::string_view name);
// Until the descriptor of a new file is closed, nobody sweeps it.
void hold_temporary(int fd);

// A folder (0700) in `parent`, which goes away again with all that is in it. Throws Error(outside) where it can't be
// made.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const fs::path& parent);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  Fd held_;
};

// Removes `name` in a directory, where it is a temporary name that no live process holds and not just made. Follows no
// link. Links, which nobody can hold, go after an hour. True where something was removed.
bool sweep_temporary(int directory, const std::string& name);

}  // namespace mlops
