#include "data/staging.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace mlops::data {
namespace {

constexpr std::size_t k_worth = 16;                   // files; for fewer the bother is greater than the gain
constexpr std::uint64_t k_lost_at_most = 4ull << 30;  // bytes that a kill may cost: they are written again in seconds

std::string quote(const std::string& path) { return "\"" + printable(path) + "\""; }

std::uint64_t mount_of(int fd) {
  struct statx info {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &info) != 0 || (info.stx_mask & STATX_MNT_ID) == 0) return 0;
  return info.stx_mnt_id;
}

// What is made in such a directory takes something from it.
bool inherits(int directory) {
  struct stat info {};
  return ::fstat(directory, &info) != 0 || (info.st_mode & S_ISGID) != 0 ||
         ::fgetxattr(directory, "system.posix_acl_default", nullptr, 0) >= 0;
}

bool pays(const RestorePlan& plan) {
  std::uint64_t bytes = 0;
  for (const auto& file : plan.files) bytes += file.size;
  return plan.files.size() >= k_worth && bytes <= k_lost_at_most;
}

}  // namespace

Staging::Staging(Repository& repository, const Beneath& root, const RestorePlan& plan) : root_(root) {
  if (plan.make_directories.empty() || !pays(plan)) return;
  folder_.emplace(repository.state() / "tmp");
  staged_.emplace(folder_->path());
  const std::uint64_t mount = mount_of(staged_->open_directory("").get());
  for (const auto& path : plan.make_directories) {  // directories before those below them
    if (mount == 0 || has(path) || root_.look(path)) continue;
    const Fd above = root_.make_directory(split_path(path).first);
    if (mount_of(above.get()) == mount && !inherits(above.get())) tops_.emplace(path, std::to_string(tops_.size()));
  }
  for (const auto& [path, name] : tops_) (void)staged_->make_directory(name);
}

const Staging::Top* Staging::top_of(const std::string& directory) const {
  if (tops_.empty()) return nullptr;
  for (std::size_t end = directory.size(); end != std::string::npos;
       end = end == 0 ? std::string::npos : directory.rfind('/', end - 1))
    if (const auto top = tops_.find(directory.substr(0, end)); top != tops_.end()) return &*top;
  return nullptr;
}

Fd Staging::directory(const std::string& path) const {
  const Top* top = top_of(path);
  return top == nullptr ? root_.make_directory(path)
                        : staged_->make_directory(top->second + path.substr(top->first.size()));
}

void Staging::place() {
  if (tops_.empty()) return;
  const Fd from = staged_->open_directory("");
  for (const auto& [path, name] : tops_) {
    const auto [parent, last] = split_path(path);
    const Fd above = root_.open_directory(parent);
    if (::renameat2(from.get(), name.c_str(), above.get(), last.c_str(), RENAME_NOREPLACE) == 0) continue;
    if (errno == EEXIST)
      throw state_error(quote(path) + " was made by somebody else meanwhile", "run the command again");
    // File systems that can't refuse to replace: rename(2) replaces an empty directory at most.
    if (errno != EINVAL || ::renameat(from.get(), name.c_str(), above.get(), last.c_str()) != 0)
      throw system_error("cannot move " + quote(path) + " into its place", errno);
  }
  tops_.clear();
}

}  // namespace mlops::data
