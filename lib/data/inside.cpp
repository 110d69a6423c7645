#include "data/inside.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/shell_word.h"
#include "base/text.h"
#include "data/bases.h"
#include "data/beneath.h"
#include "data/pointer_text.h"
#include "data/scan.h"
#include "data/tree_edit.h"

namespace mlops::data {
namespace {

using store::TreeEntry;

std::string quote(const std::string& path) { return "\"" + printable(path) + "\""; }

std::string inside_of(const std::string& path, const std::string& tracked) {
  return path == tracked ? "" : path.substr(tracked.size() + 1);
}

std::size_t depth_of(const std::string& inside) {
  return static_cast<std::size_t>(std::count(inside.begin(), inside.end(), '/'));
}

void refuse_file(const ObjectRef& object, const std::string& tracked) {
  if (object.kind != store::Kind::tree)
    throw input_error(quote(tracked) + " is versioned as a file, so nothing can be in it");
}

struct Edited {
  InsideChange change;
  ObjectRef before;
};

// Reads the pointer, lets `change` make the next version of it, and writes it, all under the work tree's lock.
template <class Change>
Edited edit_locked(Repository& repository, const std::string& tracked, const Change& change) {
  const auto lease = repository.store().hold();
  const FileLock lock(repository.lock_file());
  const Beneath root(repository.root());
  const auto text = root.read(tracked + ".mlops");
  if (!text) throw input_error(quote(tracked) + " is not versioned by mlops any more");
  const ObjectRef before = parse_pointer(*text, tracked + ".mlops").object;
  refuse_file(before, tracked);
  TreeEdit edit(repository, tracked);
  InsideChange out;
  out.version = change(edit, before);
  edit.commit();
  out.changed = !(out.version == before);
  if (out.changed) root.replace(tracked + ".mlops", pointer_text(out.version, *text));
  return {out, before};
}

// `path` is what the change is about: there the files are as the next version has them.
template <class Change>
InsideChange edit_pointer(Repository& repository, const std::string& tracked, const std::string& path,
                          const Change& change) {
  const Edited edited = edit_locked(repository, tracked, change);
  advance_base(repository, tracked, path, edited.before, edited.change.version);
  return edited.change;
}

// The edits of the first of `paths`; `change` says what was taken of the i-th.
template <class Change>
std::vector<InsideChange> put_inside(Repository& repository, const std::string& tracked,
                                     std::span<const std::string> paths, std::span<TreeEdit::Edit> edits,
                                     const Change& change) {
  const Edited edited = edit_locked(repository, tracked,
                                    [&](TreeEdit& edit, const ObjectRef& before) { return edit.put(before, edits); });
  std::vector<InsideChange> out;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    out.push_back(change(i));
    out.back().version = edited.change.version;
    out.back().changed = edits[i].changed;
    advance_base(repository, tracked, paths[i], edited.before, edited.change.version);
  }
  return out;
}

void refuse_ignored(const Beneath& root, const std::string& tracked, const std::string& path, bool directory) {
  for (std::string at = path; at != tracked; at = split_path(at).first) {
    const auto rules = ignore_rules(root, split_path(at).first, ignore_files());
    if (rules && rules->ignores(at, at != path || directory))
      throw input_error(
          quote(path) + " is left out of versions: an ignore file names " + (at == path ? "it" : quote(at)),
          "change .mlopsignore or .dvcignore");
  }
}

void sync(const Fd& directory) {
  if (directory && ::fsync(directory.get()) != 0 && errno != EINVAL)
    throw system_error("cannot write a directory", errno);
}

// Never over anything. False where nothing is at `from`.
bool move_files(const Beneath& root, const std::string& from, const std::string& to) {
  if (!root.look(from)) return false;
  const auto [from_folder, from_name] = split_path(from);
  const auto [to_folder, to_name] = split_path(to);
  const Fd source = root.open_directory(from_folder), target = root.make_directory(to_folder);
  int failed = ::renameat2(source.get(), from_name.c_str(), target.get(), to_name.c_str(), RENAME_NOREPLACE);
  if (failed != 0 && (errno == EINVAL || errno == ENOSYS) && !root.look(to))
    failed = ::renameat(source.get(), from_name.c_str(), target.get(), to_name.c_str());
  if (failed != 0 && errno == EEXIST)
    throw state_error(quote(to) + " is there already", "remove it or name another place");
  if (failed != 0) throw system_error("cannot move " + quote(from) + " to " + quote(to), errno);
  sync(target);
  sync(source);
  return true;
}

void refuse_target(const Beneath& root, const std::string& from, const std::string& to, bool begun) {
  if (is_in(to, from)) throw input_error(quote(from) + " can't be moved into itself");
  if (root.look(to) && !(begun && !root.look(from)))
    throw state_error(quote(to) + " is there already", "remove it or name another place");
}

void make_executable(const Beneath& root, const std::string& path) {
  const auto [folder, name] = split_path(path);
  const Fd fd = open_file_at(root.open_directory(folder).get(), name, path);
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0) (void)::fchmod(fd.get(), (info.st_mode | (info.st_mode & 0444) >> 2) & 07777);
}

// A file never takes the place of a whole directory that was not named.
void refuse_directories(Repository& repository, const std::string& tracked, const std::string& directory,
                        const std::vector<std::string>& paths) {
  const auto pointer = read_pointer(repository, tracked);
  if (!pointer) return;
  TreeEdit look(repository, tracked);
  const auto there = directory == tracked ? std::optional(entry_of(pointer->object))
                                          : look.find(pointer->object, inside_of(directory, tracked));
  if (!there || there->mode != store::Mode::directory) return;
  std::set<std::string> below;
  for (const auto& entry : look.read(there->id))
    if (entry.mode == store::Mode::directory) below.insert(join_path(directory, entry.name));
  for (const auto& path : paths)
    if (below.contains(path))
      throw state_error(quote(path) + " is a directory in the version of " + quote(tracked),
                        "mlops data rm " + shell_path(path) + "   removes it first");
}

struct Taken {
  TreeEntry entry;
  std::uint64_t new_bytes = 0;
  Micros took = 0;
};

Taken take_file(store::Writer& writer, const fs::path& file) {
  const Micros begun = now_micros();
  const Fd fd = open_file(file, O_RDONLY | O_NONBLOCK);
  struct stat before {
  }, after{};
  if (::fstat(fd.get(), &before) != 0 || !S_ISREG(before.st_mode))
    throw input_error(quote(file.string()) + " is no file",
                      "only files can be added to a directory that need not be here");
  const std::uint64_t stored = writer.new_bytes();
  const ObjectRef object = writer.put_file(fd.get(), file);
  if (::fstat(fd.get(), &after) != 0 || !(file_stat(before) == file_stat(after)))
    throw input_error(quote(file.string()) + " changes while it is read",
                      "wait until nothing writes to it, then run the command again");
  TreeEntry entry = entry_of(object);
  entry.mode = *mode_of(before);
  return {entry, writer.new_bytes() - stored, now_micros() - begun};
}

// As many of the first ones as k_together is enough for.
std::vector<Taken> take_files(Repository& repository, std::span<const fs::path> files, const std::stop_token& stop) {
  const auto writer = repository.store().writer();
  std::vector<Taken> out;
  for (const Micros begun = now_micros(); out.size() < files.size();) {
    if (!out.empty() && (stop.stop_requested() || now_micros() > begun + k_together)) break;
    out.push_back(take_file(*writer, files[out.size()]));
  }
  writer->commit();
  return out;
}

}  // namespace

std::vector<InsideChange> add_inside(Repository& repository, const std::string& tracked,
                                     std::span<const std::string> paths, const SnapshotOptions& options) {
  const auto lease = repository.store().hold();
  const Beneath root(repository.root());
  std::vector<std::optional<struct stat>> infos;
  for (const auto& path : paths) {
    infos.push_back(root.look(path));
    refuse_ignored(root, tracked, path, infos.back() && S_ISDIR(infos.back()->st_mode));
  }
  const auto taken = snapshots(repository, paths, options);
  std::vector<TreeEdit::Edit> edits;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    edits.push_back({inside_of(paths[i], tracked), entry_of(taken[i].object)});
    if (taken[i].object.kind == store::Kind::file) edits[i].entry->mode = *mode_of(*infos[i]);
  }
  return put_inside(repository, tracked, paths, edits, [&](std::size_t i) {
    return InsideChange{taken[i].object, {}, taken[i].new_bytes, taken[i].took};
  });
}

std::vector<InsideChange> add_into(Repository& repository, const std::string& tracked, const std::string& directory,
                                   std::span<const fs::path> files, const RestoreOptions& options) {
  const auto lease = repository.store().hold();
  const Beneath root(repository.root());
  if (const auto pointer = read_pointer(repository, tracked)) refuse_file(pointer->object, tracked);
  std::vector<std::string> paths;
  for (const auto& file : files) {
    const std::string name = file.filename().string();
    if (!store::valid_name(name)) throw input_error(quote(file.string()) + " has a name that can't be versioned");
    if (name.ends_with(".mlops")) throw input_error(quote(file.string()) + " has a pointer's name");
    paths.push_back(join_path(directory, name));
    refuse_ignored(root, tracked, paths.back(), false);
  }
  refuse_directories(repository, tracked, directory, paths);
  const auto taken = take_files(repository, files, options.stop);
  const auto here = root.look(directory);
  std::vector<TreeEdit::Edit> edits;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    edits.push_back({inside_of(paths[i], tracked), taken[i].entry});
    if (!here || !S_ISDIR(here->st_mode)) continue;
    restore(repository, object_of(taken[i].entry), paths[i], options);
    if (taken[i].entry.mode == store::Mode::executable) make_executable(root, paths[i]);
  }
  return put_inside(repository, tracked, paths, edits, [&](std::size_t i) {
    return InsideChange{object_of(taken[i].entry), {}, taken[i].new_bytes, taken[i].took};
  });
}

Restored remove_inside(Repository& repository, const std::string& tracked, const std::string& path,
                       const RestoreOptions& options) {
  const std::string inside = inside_of(path, tracked);
  const auto pointer = read_pointer(repository, tracked);
  TreeEdit look(repository, tracked);
  const bool known = pointer && look.find(pointer->object, inside).has_value();
  if (!known)
    throw input_error("there is no " + quote(inside) + " in the version of " + quote(tracked),
                      "mlops data ls " + shell_path(tracked) + " lists it");
  const bool last = refuse_last(repository, tracked, path, options.force);
  const auto entry = look.find(pointer->object, inside);
  Restored restored = clear_path(repository, path, options);
  if (last && !restored.saved) restored.saved = object_of(*entry);
  edit_pointer(repository, tracked, path, [&](TreeEdit& edit, const ObjectRef& before) {
    return edit.find(before, inside) ? edit.put(before, inside, std::nullopt) : before;
  });
  return restored;
}

void move_tracked(Repository& repository, const std::string& from, const std::string& to) {
  check_path(to);
  const Beneath root(repository.root());
  const auto text = root.read(from + ".mlops");
  if (!text) throw input_error(quote(from) + " is not versioned by mlops");
  (void)parse_pointer(*text, from + ".mlops");
  const auto other = root.read(to + ".mlops");
  if (other && other != text)
    throw state_error(quote(to) + " is versioned already",
                      "mlops data rm " + shell_path(to) + ", or name another place");
  refuse_target(root, from, to, other.has_value());
  // In this order each state in between names every byte by one of the two pointers.
  write_pointer_text(repository, to, *text, other.value_or(""));
  ignore_in_git(repository, to);
  move_files(root, from, to);
  unignore_in_git(repository, from);
  root.remove_file(from + ".mlops");
  move_base(repository, from, to);
}

InsideChange move_inside(Repository& repository, const std::string& tracked, const std::string& from,
                         const std::string& to) {
  check_path(to);
  const Beneath root(repository.root());
  const std::string old_place = inside_of(from, tracked), new_place = inside_of(to, tracked);
  TreeEntry entry;
  {
    const auto pointer = read_pointer(repository, tracked);
    TreeEdit edit(repository, tracked);
    const auto found = pointer ? edit.find(pointer->object, old_place) : std::nullopt;
    if (!found)
      throw input_error("there is no " + quote(old_place) + " in the version of " + quote(tracked),
                        "mlops data add " + shell_path(from) + "   if it is new");
    if (edit.find(pointer->object, new_place))
      throw state_error(quote(new_place) + " is in the version of " + quote(tracked) + " already",
                        "mlops data rm " + shell_path(to) + ", or name another place");
    entry = *found;
    if (depth_of(new_place) < depth_of(old_place))
      check_links(edit, repository.store(), entry, depth_of(new_place), to);
  }
  refuse_target(root, from, to, true);
  refuse_ignored(root, tracked, to, entry.mode == store::Mode::directory);
  move_files(root, from, to);
  InsideChange out = edit_pointer(repository, tracked, to, [&](TreeEdit& edit, const ObjectRef& before) {
    return edit.put(edit.put(before, old_place, std::nullopt), new_place, entry);
  });
  out.entry = object_of(entry);
  return out;
}

}  // namespace mlops::data
