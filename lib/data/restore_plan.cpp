#include "data/restore_plan.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "data/stock.h"

namespace mlops::data {
namespace {

using store::Mode;
using store::TreeEntry;

constexpr std::size_t k_depth = 512;  // directories below each other; far more than a path can name

bool is_file(Mode mode) { return mode == Mode::file || mode == Mode::executable; }

bool has_folds(const store::Tree& tree) {
  std::set<std::string> folds;
  return std::any_of(tree.begin(), tree.end(), [&](const TreeEntry& e) { return !folds.insert(store::fold_name(e.name)).second; });
}

class Planner {
 public:
  Planner(Repository& repository, const Scan* scan, RestorePlan& plan) : repository_(repository), scan_(scan), plan_(plan) {}

  // Makes `here` (null: nothing is there) into `wanted`, which stands in `directory`.
  void change(const std::string& directory, const TreeEntry& wanted, const ScanEntry* here, std::size_t depth) {
    const std::string path = join_path(directory, wanted.name);
    if (here != nullptr && here->id == wanted.id && here->known && same_kind(here->mode, wanted.mode)) return keep(directory, wanted, *here);
    if (wanted.mode == Mode::directory) return change_directory(path, wanted, here, depth + 1);
    if (here != nullptr) clear(path, *here, is_file(here->mode) && is_file(wanted.mode));
    (wanted.mode == Mode::link ? plan_.links : plan_.files).push_back({directory, wanted.name, wanted.mode, wanted.id, wanted.size, depth});
  }

  // `here` goes. A file that is written over needs no removal of its own.
  void clear(const std::string& path, const ScanEntry& here, bool overwritten = false) {
    if (here.mode == Mode::directory) {
      plan_.remove_directories.push_back(path);
      for (const auto& entry : scan_->directories[here.directory].entries) clear(join_path(path, entry.name), entry);
      return;
    }
    if (plan_.unsaved.empty() && !repository_.store().has_file(here.id)) plan_.unsaved = path;
    if (overwritten) return;
    plan_.remove_files.push_back(path);
    ++plan_.removed;
  }

 private:
  static bool same_kind(Mode a, Mode b) { return a == b || (is_file(a) && is_file(b)); }

  void keep(const std::string& directory, const TreeEntry& wanted, const ScanEntry& here) {
    if (is_file(wanted.mode) && wanted.mode != here.mode) plan_.modes.push_back({directory, wanted.name, wanted.mode, wanted.id, 0, 0});
    if (is_file(here.mode) && here.settled && wanted.mode == here.mode) plan_.unchanged.directories[directory].push_back({here.name, here.stat, here.id});
    if (here.mode == Mode::directory) keep_below(here);
  }

  void keep_below(const ScanEntry& here) {
    const ScanDirectory& directory = scan_->directories[here.directory];
    for (const auto& entry : directory.entries) {
      if (entry.mode == Mode::directory) keep_below(entry);
      else if (is_file(entry.mode) && entry.settled) plan_.unchanged.directories[directory.path].push_back({entry.name, entry.stat, entry.id});
    }
  }

  void change_directory(const std::string& path, const TreeEntry& wanted, const ScanEntry* here, std::size_t depth) {
    if (depth > k_depth) throw input_error("\"" + printable(path) + "\" has more than 512 directories below each other");
    if (here != nullptr && here->mode != Mode::directory) clear(path, *here);
    const bool there = here != nullptr && here->mode == Mode::directory;
    if (!there) plan_.make_directories.push_back(path);
    const store::Tree tree = store::decode_tree(repository_.store().get(store::Kind::tree, wanted.id));
    if (has_folds(tree)) plan_.folding_directories.push_back(path);
    for (const auto& entry : tree) change(path, entry, there ? scan_->find(here->directory, entry.name) : nullptr, depth);
    if (!there) return;
    for (const auto& entry : scan_->directories[here->directory].entries)
      if (!std::binary_search(tree.begin(), tree.end(), entry.name, ByName{})) clear(join_path(path, entry.name), entry);
  }

  struct ByName {
    bool operator()(const TreeEntry& entry, const std::string& name) const { return entry.name < name; }
    bool operator()(const std::string& name, const TreeEntry& entry) const { return name < entry.name; }
  };

  Repository& repository_;
  const Scan* scan_;
  RestorePlan& plan_;
};

// What is at `path` now, every id known.
std::optional<ScanEntry> take_stock(Stock& stock, const Beneath& root, const std::string& path) {
  const auto info = root.look(path);
  if (!info) return std::nullopt;
  const auto mode = mode_of(*info);
  if (!mode) throw state_error("\"" + printable(path) + "\" is no file or directory, and is not written over", "remove it first");
  ScanEntry entry;
  entry.name = split_path(path).second;
  entry.mode = *mode;
  entry.stat = file_stat(*info);
  entry.known = true;
  if (mode == Mode::directory) entry.id = stock.take_directory(path).id;
  else if (const auto packed = mode == Mode::link ? stock.take_link(path) : std::nullopt) entry = *packed;
  else if (mode == Mode::link) entry.id = sha256(read_link_at(root.open_directory(split_path(path).first).get(), entry.name, path));
  else entry.id = stock.take_file(path, *info).id;
  return entry;
}

void add_all(const Beneath& root, const std::string& path, RestorePlan& plan) {
  plan.remove_directories.push_back(path);
  Fd fd = root.open_directory(path);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
  if (!stream) throw system_error("cannot list \"" + printable(path) + "\"", errno);
  fd.release();
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const auto info = root.look(join_path(path, name));
    if (info && S_ISDIR(info->st_mode)) add_all(root, join_path(path, name), plan);
    else plan.remove_files.push_back(join_path(path, name));
  }
}

}  // namespace

RestorePlan plan_restore(Repository& repository, const Beneath& root, const ObjectRef& object, const std::string& path, const RestoreOptions& options) {
  RestorePlan plan;
  plan.path = plan.unchanged.subtree = path;
  const SnapshotOptions looking{false, options.progress, options.stop, {}};
  Stock stock(repository, root, looking, nullptr);
  const auto here = take_stock(stock, root, path);
  if (options.stop.stop_requested()) throw state_error("interrupted before anything was changed");
  const auto [directory, name] = split_path(path);
  Mode mode = object.kind == store::Kind::tree ? Mode::directory : Mode::file;
  if (mode == Mode::file && here && here->mode == Mode::executable) mode = Mode::executable;  // a pointer to a file has no mode
  Planner planner(repository, &stock.scan(), plan);
  // The directory itself is at depth 0: change() counts it.
  planner.change(directory, {name, mode, object.id, object.size, object.files}, here ? &*here : nullptr, std::size_t(-1));
  if (!directory.empty() && !plan.empty()) plan.make_directories.insert(plan.make_directories.begin(), directory);
  return plan;
}

RestorePlan plan_clear(Repository& repository, const Beneath& root, const std::string& path, const RestoreOptions& options) {
  RestorePlan plan;
  plan.path = plan.unchanged.subtree = path;
  const SnapshotOptions looking{false, options.progress, options.stop, {}};
  Stock stock(repository, root, looking, nullptr);
  const auto here = take_stock(stock, root, path);
  if (options.stop.stop_requested()) throw state_error("interrupted before anything was changed");
  if (here) Planner(repository, &stock.scan(), plan).clear(path, *here);
  return plan;
}

RestorePlan plan_removal(const Beneath& root, const std::string& path) {
  RestorePlan plan;
  plan.path = path;
  const auto info = root.look(path);
  if (info && S_ISDIR(info->st_mode)) add_all(root, path, plan);
  else if (info) plan.remove_files.push_back(path);
  return plan;
}

}  // namespace mlops::data
