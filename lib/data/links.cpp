#include "data/links.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "data/stock.h"
#include "data/tracked.h"
#include "data/work_trees.h"
#include "store/plain_file.h"
#include "store/read_lease.h"

namespace mlops::data {
namespace {

// Where the store lies in the work tree, the link stays right when both are moved together.
std::string target_from(const Repository& repository, const std::string& path, const fs::path& pack) {
  const fs::path below = pack.lexically_relative(repository.root() / split_path(path).first);
  return (pack.lexically_relative(repository.root()).string().starts_with("..") ? pack : below).string();
}

// In a linked git work tree gc would not see the link.
bool may_be_symbolic(const Repository& repository) {
  return repository.stat_cache_file().parent_path() == repository.state();
}

bool make(const Repository& repository, int directory, const std::string& fresh, const std::string& path,
          const fs::path& pack, store::Link link) {
  if (link == store::Link::hardlink) return ::linkat(AT_FDCWD, pack.c_str(), directory, fresh.c_str(), 0) == 0;
  return may_be_symbolic(repository) &&
         ::symlinkat(target_from(repository, path, pack).c_str(), directory, fresh.c_str()) == 0;
}

bool is_pack(int directory, const std::string& name, const fs::path& pack) {
  struct stat here {
  }, there{};
  return ::fstatat(directory, name.c_str(), &here, AT_SYMLINK_NOFOLLOW) == 0 && ::lstat(pack.c_str(), &there) == 0 &&
         here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

// A file that is in the store already becomes a link, unless somebody writes to it.
void link_file(Repository& repository, const Beneath& root, const std::string& directory, const ScanEntry& entry,
               store::Link link, std::vector<fs::path>& packs) {
  const std::string path = join_path(directory, entry.name);
  const Fd fd = root.open_directory(directory), file = open_file_at(fd.get(), entry.name, path);
  const auto pack = store::linkable_pack(repository.store(), entry.id);
  if (!pack || (link == store::Link::hardlink && is_pack(fd.get(), entry.name, *pack))) return;
  const bool same = is_pack(fd.get(), entry.name, *pack);
  const store::ReadLease lease(file.get());
  struct stat info {};
  if (!lease || ::fstat(file.get(), &info) != 0 || info.st_uid != ::geteuid()) return;
  FileStat now = file_stat(info);
  if (same) now.ctime = entry.stat.ctime;  // being verified and linked changed it
  if (now != entry.stat) return;
  if (place_link(repository, fd.get(), path, entry.id, link)) packs.push_back(*pack);
}

// A symbolic link to a pack becomes a hard one.
void harden_link(Repository& repository, const Beneath& root, const std::string& directory, const ScanEntry& entry,
                 std::vector<fs::path>& packs) {
  const Fd fd = root.open_directory(directory);
  if (const auto placed =
          place_link(repository, fd.get(), join_path(directory, entry.name), entry.id, store::Link::hardlink))
    packs.push_back(placed->pack);
}

struct stat look(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) throw system_error("cannot look at \"" + printable(path) + "\"", errno);
  return info;
}

// Who wants to write to it waits, where the file system has leases; what was written all the same is not to be lost.
void own_file(const Beneath& root, const fs::path& file, const std::string& path) {
  const auto [directory, name] = split_path(path);
  const Fd in = open_file(file, O_RDONLY), above = root.open_directory(directory);
  const store::ReadLease lease(in.get());
  const struct stat before = look(in.get(), path);
  NewFile out(above.get(), path, (before.st_mode & 0111) != 0 ? 0777 : 0666);
  std::vector<std::byte> buffer(1 << 20);
  while (const auto got = read_some(in.get(), buffer, file)) out.write(std::span(buffer).first(got));
  if (file_stat(look(in.get(), path)) != file_stat(before))
    throw input_error("\"" + printable(path) + "\" changes while it is copied",
                      "wait until nothing writes to it, then run the command again");
  out.place(name);
}

fs::path pack_at(const Repository& repository, const fs::path& root, const std::string& directory,
                 const std::string& target) {
  if (!target.ends_with(".pack")) return {};
  const fs::path pack = (root / directory / target).lexically_normal();
  return pack.parent_path() == (repository.state() / "store/packs").lexically_normal() ? pack : fs::path();
}

template <class Visit>
void for_each_name(const fs::path& top, const Visit& visit) {
  std::error_code ignored;
  if (!fs::is_directory(fs::symlink_status(top, ignored))) return visit(top);
  fs::recursive_directory_iterator at(top, ignored);
  for (; !ignored && at != fs::recursive_directory_iterator(); at.increment(ignored)) visit(at->path());
  if (ignored && ignored != std::errc::no_such_file_or_directory)
    throw system_error("cannot list \"" + printable(top.string()) + "\"", ignored.value());
}

}  // namespace

store::Link configured_link(const Repository& repository) {
  const auto text = repository.config().text("store.link");
  if (!text) return store::Link::automatic;
  const auto link = store::link_of(*text);
  if (!link) throw input_error("store.link is \"" + printable(*text) + "\"", "it is auto, copy, hardlink or symlink");
  return *link;
}

fs::path linked_pack(const Repository& repository, const std::string& directory, const std::string& target) {
  return pack_at(repository, repository.root(), directory, target);
}

std::optional<PlacedLink> place_link(Repository& repository, int directory, const std::string& path, const Id& file,
                                     store::Link link, const std::function<Occupant()>& look) {
  const auto pack = store::linkable_pack(repository.store(), file);
  if (!pack) return std::nullopt;
  const std::string fresh = temporary_name(), name = split_path(path).second;
  if (!make(repository, directory, fresh, path, *pack, link)) return std::nullopt;
  // Of two names of one file, rename(2) leaves both.
  const std::shared_ptr<void> after(nullptr, [&](void*) { ::unlinkat(directory, fresh.c_str(), 0); });
  supplant(directory, fresh, name, look ? look() : Occupant(), path);
  struct stat info {};
  if (link == store::Link::symlink || ::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    return PlacedLink{{}, *pack};
  return PlacedLink{file_stat(info), *pack};
}

std::size_t link_files(Repository& repository, const std::string& path, store::Link link) {
  if (!store::links_names(link)) return 0;
  const Beneath root(repository.root());
  const auto info = root.look(path);
  if (info && S_ISREG(info->st_mode) && static_cast<std::uint64_t>(info->st_size) < store::k_plain_minimum) return 0;
  Stock stock(repository, root, SnapshotOptions{false, nullptr, {}, {}}, nullptr);
  std::vector<fs::path> packs;
  const auto wants = [](const ScanEntry& e) {
    return e.mode == store::Mode::file && !e.packed && e.known && e.stat.size >= store::k_plain_minimum;
  };
  if (info && S_ISDIR(info->st_mode)) {
    stock.take_directory(path);
    for (const auto& directory : stock.scan().directories)
      for (const auto& entry : directory.entries)
        if (entry.packed && entry.known && link == store::Link::hardlink)
          harden_link(repository, root, directory.path, entry, packs);
        else if (wants(entry))
          link_file(repository, root, directory.path, entry, link, packs);
  } else if (info && S_ISREG(info->st_mode) && mode_of(*info) == store::Mode::file) {
    ScanEntry entry;
    entry.name = split_path(path).second;
    entry.stat = file_stat(*info);
    entry.id = stock.take_file(path, *info).id;
    entry.known = true;
    if (wants(entry)) link_file(repository, root, split_path(path).first, entry, link, packs);
  } else if (info && S_ISLNK(info->st_mode) && link == store::Link::hardlink) {
    if (const auto entry = stock.take_link(path)) harden_link(repository, root, split_path(path).first, *entry, packs);
  }
  store::note_links(repository.store(), packs);
  return packs.size();
}

std::size_t own_files(Repository& repository, const std::string& path) {
  const Beneath root(repository.root());
  std::vector<std::pair<fs::path, std::string>> links;
  for_each_name(repository.root() / path, [&](const fs::path& file) {
    const std::string below = file.lexically_relative(repository.root()).string();
    struct stat info {};
    if (::lstat(file.c_str(), &info) != 0) return;
    std::error_code ignored;
    if (S_ISREG(info.st_mode) && info.st_nlink > 1) links.emplace_back(file, below);
    if (!S_ISLNK(info.st_mode)) return;
    const fs::path pack = linked_pack(repository, split_path(below).first, fs::read_symlink(file, ignored).string());
    if (!pack.empty()) links.emplace_back(pack, below);
  });
  for (const auto& [file, below] : links) own_file(root, file, below);
  return links.size();
}

std::vector<std::string> own_links_to(const Repository& repository, const fs::path& pack) {
  std::vector<std::string> paths;
  for (const auto& top : shared_work_trees(repository)) {
    std::vector<std::string> found;
    std::error_code ignored;
    fs::recursive_directory_iterator at(top, ignored);
    for (; !ignored && at != fs::recursive_directory_iterator(); at.increment(ignored)) {
      if (at->path() == top / ".git" || at->path() == top / ".mlops") at.disable_recursion_pending();
      if (!at->is_symlink(ignored)) continue;
      const std::string below = at->path().lexically_relative(top).string();
      if (pack_at(repository, top, split_path(below).first, fs::read_symlink(at->path(), ignored).string()) ==
          pack.lexically_normal())
        found.push_back(below);
    }
    if (ignored && ignored != std::errc::no_such_file_or_directory)
      throw system_error("cannot list \"" + printable(top.string()) + "\"", ignored.value());
    const Beneath root(top);
    for (const auto& below : found) own_file(root, pack, below);
    paths.insert(paths.end(), found.begin(), found.end());
  }
  return paths;
}

std::size_t relink_files(Repository& repository, const std::string& path, store::Link link) {
  return store::links_names(link) ? link_files(repository, path, link) : own_files(repository, path);
}

void for_each_linked_file(Repository& repository, const fs::path& root,
                          const std::function<void(const std::string& path, const Id& file)>& visit) {
  std::error_code ignored;
  if (!fs::exists(repository.state() / "store/verified", ignored)) return;  // no link was ever made
  for (const auto& path : every_tracked_file(root).paths)
    for_each_name(root / path, [&](const fs::path& name) {
      const fs::path target =
          fs::is_symlink(fs::symlink_status(name, ignored)) ? fs::read_symlink(name, ignored) : fs::path();
      if (target.empty()) return;
      const std::string below = name.lexically_relative(root).string();
      const fs::path pack = pack_at(repository, root, split_path(below).first, target.string());
      if (const auto file = pack.empty() ? std::nullopt : store::packed_file(repository.store(), pack))
        visit(below, file->file);
    });
}

}  // namespace mlops::data
