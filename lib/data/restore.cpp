// From a version to the work tree: plan, refuse what would lose bytes, then remove, make directories, write files, and
// links last of all.
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "base/pool.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "code/git.h"
#include "data/course.h"
#include "data/inside.h"
#include "data/kept.h"
#include "data/links.h"
#include "data/memory.h"
#include "data/restore_plan.h"
#include "data/revision.h"
#include "data/staging.h"
#include "data/stock.h"
#include "data/worktree.h"
#include "store/plain_file.h"

namespace mlops::data {
namespace {

constexpr std::uint64_t k_large = 8 << 20;  // such files are read on all cores
constexpr std::size_t k_files_at_once = 64;

std::string quote(const std::string& path) { return "\"" + printable(path) + "\""; }

constexpr const char* k_repair = "mlops fsck --repair   looks for their bytes elsewhere; then run the command again";
constexpr std::size_t k_named = 10;

// "a, b and 3 more files".
std::string list_of(const std::vector<std::string>& paths) {
  std::string out;
  for (std::size_t i = 0; i < paths.size() && i < k_named; ++i) out += (i == 0 ? "" : ", ") + printable(paths[i]);
  return paths.size() <= k_named ? out : fmt::format("{} and {} more files", out, paths.size() - k_named);
}

class Restore {
 public:
  // The plan stays alive.
  Restore(Repository& repository, const Beneath& root, const RestorePlan& plan, const RestoreOptions& options)
      : repository_(repository),
        root_(root),
        plan_(plan),
        options_(options),
        link_(options.link ? *options.link : configured_link(repository)) {}

  void remove() {
    for (const auto& path : plan_.remove_files) {
      const auto [directory, name] = split_path(path);
      const Fd above = root_.find_directory(directory);
      if (!above) continue;
      const bool any = options_.force && !plan_.before.contains(path);
      const Occupant occupant = any ? Occupant() : occupant_of(above.get(), name, path);
      if (occupant.file)
        remove_unchanged(above.get(), name, *occupant.file, path);
      else if (occupant.there)
        root_.remove_file(path);
    }
    for (auto path = plan_.remove_directories.rbegin(); path != plan_.remove_directories.rend(); ++path) {
      const auto [parent, name] = split_path(*path);
      const Fd above = root_.find_directory(parent);
      // What ignore files name may stand in it still: then the directory stays.
      if (above && ::unlinkat(above.get(), name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT && errno != ENOTEMPTY &&
          errno != EEXIST)
        throw system_error("cannot remove " + quote(*path), errno);
    }
  }

  void write() {
    Staging staging(repository_, root_, plan_);
    staging_ = &staging;
    for (const auto& path : plan_.make_directories) (void)staging.directory(path);
    for (const auto& directory : plan_.folding_directories) refuse_folding(directory);
    if (options_.progress != nullptr) options_.progress->start("writing " + plan_.path, plan_.files.size());
    std::vector<const PlannedFile*> small, large;
    for (const auto& file : plan_.files) (file.size >= k_large ? large : small).push_back(&file);
    stats_.resize(plan_.files.size());
    write_small(small);
    for (const auto* file : large)
      if (!options_.stop.stop_requested())
        try_to_write(staging.directory(file->directory).get(), *file,
                     stats_[static_cast<std::size_t>(file - plan_.files.data())]);
    store::note_links(repository_.store(), linked_);
    for (const auto& link : plan_.links) write_link(link);
    staging.place();
    for (const auto& file : plan_.modes) set_mode(file);
  }

  // Throws Error(state) naming every file whose bytes could not be had.
  void refuse_failed() const {
    if (failed_.empty()) return;
    std::vector<std::string> names;
    for (const auto& [path, problem] : failed_) names.push_back(path);
    if (failed_.size() == 1)
      throw state_error(quote(names[0]) + " can't be written: " + failed_.begin()->second, k_repair);
    throw state_error(list_of(names) + " can't be written, all else is: " + failed_.begin()->second, k_repair);
  }

  // The files that were written, as they look now.
  void add_to(StatCache::Update& update) const {
    const Micros now = now_micros();
    for (std::size_t i = 0; i < plan_.files.size(); ++i)
      if (stats_[i].inode != 0 && settled(stats_[i], now))
        update.directories[plan_.files[i].directory].push_back({plan_.files[i].name, stats_[i], plan_.files[i].id});
  }

 private:
  // What stands in the way of what comes, as it was when it was looked at; a link's planned state is that of the pack.
  [[nodiscard]] Occupant occupant_of(int directory, const std::string& name, const std::string& path) const {
    struct stat info {};
    if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return {false};
    if (!S_ISREG(info.st_mode)) return {};
    const auto planned = plan_.before.find(path);
    if (planned != plan_.before.end()) return {true, planned->second};
    refuse_newcomer(path);
  }

  // Of a file that is damaged in the store the others know nothing: they are written, and it is named at the end.
  void try_to_write(int directory, const PlannedFile& file, FileStat& stat) {
    try {
      write_file(directory, file, stat);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::state || options_.stop.stop_requested()) throw;
      const std::lock_guard lock(mutex_);
      failed_.emplace(join_path(file.directory, file.name), error.message());
    }
  }

  void write_small(const std::vector<const PlannedFile*>& files) {
    parallel_for((files.size() + k_files_at_once - 1) / k_files_at_once,
                 [&](std::size_t batch) {
                   const std::size_t end = std::min(files.size(), (batch + 1) * k_files_at_once);
                   Fd directory;
                   for (std::size_t i = batch * k_files_at_once; i < end && !options_.stop.stop_requested(); ++i) {
                     if (!directory || files[i]->directory != files[i - 1]->directory)
                       directory = staging_->directory(files[i]->directory);
                     try_to_write(directory.get(), *files[i],
                                  stats_[static_cast<std::size_t>(files[i] - plan_.files.data())]);
                   }
                   if (options_.progress != nullptr) options_.progress->advance(end - batch * k_files_at_once);
                 },
                 options_.stop);
  }

  void write_file(int directory, const PlannedFile& file, FileStat& stat) {
    const std::string path = join_path(file.directory, file.name);
    const bool large = file.size >= store::k_plain_minimum;
    if (large && file.mode == store::Mode::file && store::links_names(link_))
      if (const auto linked = place_link(repository_, directory, path, file.id, link_,
                                         [&] { return occupant_of(directory, file.name, path); })) {
        stat = linked->stat;
        const std::lock_guard lock(mutex_);
        linked_.push_back(linked->pack);
        return;
      }
    const bool staged = staging_->has(file.directory);
    NewFile out(directory, path, file.mode == store::Mode::executable ? 0777 : 0666, staged ? file.name : "");
    try {
      if (!large || !store::write_plain(repository_.store(), file.id, out.fd(), link_))
        repository_.store().read_file(file.id, [&](std::span<const std::byte> bytes) { out.write(bytes); });
    } catch (const Error& error) {  // a task's boundary: here the path is known
      if (error.kind() == ErrorKind::outside || error.kind() == ErrorKind::state) throw;
      throw Error(error.kind(), quote(path) + " can't be written: " + error.message(), error.hint());
    }
    stat = out.place(file.name, staged ? Occupant{false} : occupant_of(directory, file.name, path));
  }

  void set_mode(const PlannedFile& file) {
    const Fd directory = root_.open_directory(file.directory);
    struct stat name {};
    if (::fstatat(directory.get(), file.name.c_str(), &name, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (S_ISLNK(name.st_mode) || name.st_nlink > 1) {  // its mode is the store's pack's too
      FileStat ignored;
      return write_file(directory.get(), file, ignored);
    }
    const Fd fd = open_file_at(directory.get(), file.name, join_path(file.directory, file.name));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return;
    const unsigned readers = info.st_mode & 0444;
    const unsigned mode = file.mode == store::Mode::executable ? info.st_mode | readers >> 2 : info.st_mode & ~0111u;
    if (::fchmod(fd.get(), mode & 07777) != 0)
      throw system_error("cannot set the mode of " + quote(join_path(file.directory, file.name)), errno);
  }

  void write_link(const PlannedFile& link) {
    const std::string path = join_path(link.directory, link.name);
    const std::string target = repository_.store().read_whole_file(link.id, 4096);
    if (!store::target_stays_inside(target, link.depth))
      throw input_error("the link " + quote(path) + " leads out of the version that it belongs to",
                        "whoever made this version is not to be trusted");
    const Fd directory = staging_->directory(link.directory);
    if (::symlinkat(target.c_str(), directory.get(), link.name.c_str()) != 0)
      throw system_error("cannot make the link " + quote(path), errno);
  }

  // Two names that differ in letter case only would be one file here.
  void refuse_folding(const std::string& directory) {
    const Fd fd = staging_->directory(directory);
    const std::string probe = temporary_name();
    std::string upper = probe;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    const Fd file(::openat(fd.get(), probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    struct stat info {};
    const bool folds = ::fstatat(fd.get(), upper.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
    ::unlinkat(fd.get(), probe.c_str(), 0);
    if (folds)
      throw input_error(quote(directory) +
                        " has names that differ in letter case only, and this file system takes them for one");
  }

  Repository& repository_;
  const Beneath& root_;
  const RestorePlan& plan_;
  const RestoreOptions& options_;
  store::Link link_;
  const Staging* staging_ = nullptr;
  std::mutex mutex_;
  std::vector<fs::path> linked_;  // packs that got a link
  std::vector<FileStat> stats_;
  std::map<std::string, std::string> failed_;  // path → why
};

// Whether a version of it would take back what git brought.
bool takes_back(Repository& repository, const std::string& path) {
  const auto tracked = tracked_above(repository, path);
  const auto pointer = tracked ? read_pointer(repository, *tracked) : std::nullopt;
  if (!pointer) return false;
  const ObjectRef here = snapshot(repository, path, {.keep = false, .progress = nullptr, .stop = {}}).object;
  const auto loses = [] { return false; };
  return !(path == *tracked ? position(repository, path, pointer->object, here, loses)
                            : position_inside(repository, *tracked, path, pointer->object, here, loses))
              .ours();
}

// Of a pointer with a conflict's markers, and of what can't be read, others tell.
bool any_takes_back(Repository& repository, const std::vector<std::string>& paths) {
  try {
    return paths.size() <= k_named && std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
             return takes_back(repository, path);
           });
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::outside) throw;
    return false;
  }
}

// What `data add` takes of them: in the place of a versioned file there is nothing in a directory to be added by
// itself.
std::vector<std::string> to_add(const Repository& repository, const RestorePlan& plan) {
  const auto tracked = tracked_above(repository, plan.path);
  try {
    const auto pointer = tracked ? read_pointer(repository, *tracked) : std::nullopt;
    if (pointer && pointer->object.kind == store::Kind::file) return {*tracked};
  } catch (const Error& error) {  // a conflict's markers
    if (error.kind() == ErrorKind::outside) throw;
  }
  return plan.unsaved;
}

// Never the whole directory: that would make what is here of it the next version, without what others have put there.
void refuse_unsaved(Repository& repository, const RestorePlan& plan, const std::string& others) {
  const auto& unsaved = plan.unsaved;
  const bool one = unsaved.size() == 1;
  const auto names = to_add(repository, plan);
  const std::string add =
      plan.addable && any_takes_back(repository, names) ? "mlops data add --force " : "mlops data add ";
  throw state_error(
      list_of(unsaved) + (one ? " has" : " have") + " changes that are saved nowhere",
      plan.addable ? add + shell_paths(names) + (one ? "   keeps it · " : "   keeps them · ") + others : others);
}

// What is at `path`, into the store, but for what no version can hold.
void save_aside(Repository& repository, const Beneath& root, const std::string& path, const RestoreOptions& options,
                Restored& restored) {
  const auto info = root.look(path);
  const auto mode = info ? mode_of(*info) : std::nullopt;
  if (!mode) return restored.noted.push_back(path);
  const SnapshotOptions keeping{true, options.progress, options.stop, {}, true};
  const auto writer = repository.store().writer();
  Stock stock(repository, root, keeping, writer.get());
  if (mode == store::Mode::link) {
    const auto packed = stock.take_link(path);
    if (!packed)
      return restored.noted.push_back(
          path + " → " +
          read_link_at(root.open_directory(split_path(path).first).get(), split_path(path).second, path));
    restored.saved = ObjectRef{store::Kind::file, packed->id, packed->size};
  } else {
    restored.saved = mode == store::Mode::directory ? stock.take_directory(path) : stock.take_file(path, *info);
  }
  if (options.stop.stop_requested()) throw state_error("interrupted before anything was changed");
  writer->commit();
  stock.look_again();
  stock.save_cache();
  restored.noted = stock.left_out();
}

void forget(Repository& repository, const std::string& path) { repository.memory().note({{path}, {}}); }

// A versioned path, and the version that its pointer names.
struct Named {
  std::string tracked;
  ObjectRef version;
};

std::optional<Named> named_at(const Repository& repository, const std::string& path,
                              const std::optional<ObjectRef>& known) {
  try {
    const auto tracked = tracked_above(repository, path);
    if (tracked && known) return Named{*tracked, *known};
    const auto pointer = tracked ? read_pointer(repository, *tracked) : std::nullopt;
    return pointer ? std::optional(Named{*tracked, pointer->object}) : std::nullopt;
  } catch (const Error& error) {  // a pointer with a conflict's markers names none
    if (error.kind() == ErrorKind::outside) throw;
    return std::nullopt;
  }
}

// Whatever version it was that came: whoever asked for it knew the one that the pointer named then. Not the one that
// it names now: git may have brought another meanwhile.
void note_base(const Repository& repository, const std::string& path, const std::optional<Named>& named) {
  if (named) set_base(repository, named->tracked, path, named->version);
}

}  // namespace

bool refuse_last(Repository& repository, const std::string& tracked, const std::string& path, bool force) {
  if (!lost_with_pointer(repository, tracked, path)) return false;
  if (force) return true;
  const bool git = code::Git::discover(repository.root()) != nullptr;
  throw state_error(
      "the version of " + quote(path) + " is named by nothing but its pointer, and would be lost with it",
      (git ? "git add " + shell_path(tracked + ".mlops") + " && git commit   keeps it · " : std::string()) +
          "--force   removes it all the same");
}

Restored restore(Repository& repository, const ObjectRef& object, const std::string& path,
                 const RestoreOptions& options) {
  check_path(path);
  const Beneath root(repository.root());
  const auto pointer = root.read(path + ".mlops");
  const auto named = named_at(repository, path, options.pointer);
  const RestorePlan plan = plan_restore(repository, root, object, path, options);
  Restored restored{
      plan.files.size() + plan.links.size() + plan.modes.size(), plan.removed, std::nullopt, plan.stays, {}};
  if (plan.empty()) return note_base(repository, path, named), restored;
  if (!plan.unsaved.empty()) {
    if (!options.force)
      refuse_unsaved(repository, plan,
                     "mlops data checkout --force " + shell_path(path) + "   stores what is here aside first");
    save_aside(repository, root, path, options, restored);
  }
  // What is here may count as saved only because somebody made it the next version since: then it is what is wanted
  // here.
  if (root.read(path + ".mlops") != pointer)
    throw state_error(quote(path) + " got another version while it was to be checked out", "run the command again");
  Restore work(repository, root, plan, options);
  work.remove();
  work.write();
  StatCache::Update update = plan.unchanged;
  work.add_to(update);
  repository.memory().note(std::move(update));
  if (options.stop.stop_requested())
    throw state_error("interrupted; what was written so far stays", "the same command continues");
  work.refuse_failed();
  note_base(repository, path, named);
  return restored;
}

Restored clear_path(Repository& repository, const std::string& path, const RestoreOptions& options) {
  const Beneath root(repository.root());
  Restored restored;
  const RestorePlan plan = plan_clear(repository, root, path, options);
  if (!plan.unsaved.empty()) {
    if (!options.force)
      refuse_unsaved(repository, plan, "--force   stores what is here aside first · --keep   leaves the files here");
    save_aside(repository, root, path, options, restored);
  }
  Restore(repository, root, plan, options).remove();
  forget(repository, path);
  restored.removed = plan.removed;
  return restored;
}

Restored untrack(Repository& repository, const std::string& path, bool keep_files, const RestoreOptions& options) {
  check_path(path);
  const auto pointer = keep_files ? std::nullopt : read_pointer(repository, path);
  const bool last = pointer && refuse_last(repository, path, path, options.force);
  Restored restored = keep_files ? Restored() : clear_path(repository, path, options);
  if (last && !restored.saved) restored.saved = pointer->object;
  Beneath(repository.root()).remove_file(path + ".mlops");
  unignore_in_git(repository, path);
  drop_base(repository, path);
  return restored;
}

void remove_path(Repository& repository, const std::string& path) {
  check_path(path);
  const Beneath root(repository.root());
  if (!root.look(path)) return;
  RestoreOptions options;
  options.force = true;
  const RestorePlan plan = plan_removal(root, path);
  Restore(repository, root, plan, options).remove();
  forget(repository, path);
}

}  // namespace mlops::data
