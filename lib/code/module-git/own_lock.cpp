#include "code/module-git/own_lock.h"

#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/temporary.h"
#include "base/text.h"

namespace mlops::code {
namespace {

fs::path lock_of(fs::path file) { return file += ".lock"; }

std::string quote(const fs::path& path) { return "\"" + printable(path.string()) + "\""; }

}  // namespace

void replace_locked(const fs::path& next, const fs::path& file, const std::function<bool()>& still) {
  const fs::path lock = lock_of(file);
  std::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  if (::link(next.c_str(), lock.c_str()) != 0) {
    if (errno != EEXIST) throw system_error("cannot write " + quote(file), errno);
    throw state_error("git's " + quote(file.filename()) + " is locked by another process",
                      "if none is at work, remove " + printable(lock.string()));
  }
  if (!still()) {
    ::unlink(lock.c_str());
    throw state_error("git's " + quote(file.filename()) + " was changed by somebody else meanwhile",
                      "the same command goes on from there");
  }
  if (::rename(lock.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(lock.c_str());
    throw system_error("cannot write " + quote(file), error);
  }
  ::unlink(next.c_str());
  sync_directory(file.parent_path());
}

void release_locks(const fs::path& folder, const std::vector<fs::path>& files) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    // libgit2 writes an index under a lock of its own.
    if (!is_temporary_name(name.ends_with(".lock") ? name.substr(0, name.size() - 5) : name)) continue;
    for (const auto& file : files)
      if (fs::equivalent(entry.path(), lock_of(file), ignored)) ::unlink(lock_of(file).c_str());
    ::unlink(entry.path().c_str());
  }
}

}  // namespace mlops::code
