#include "data/restore_plan.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/pool.h"
#include "base/text.h"
#include "data/stock.h"
#include "data/unfolding.h"
#include "data/whole.h"

namespace mlops::data {
namespace {

using store::Mode;
using store::TreeEntry;

constexpr std::size_t k_asked_at_once = 2048;

std::string quote(const std::string& path) { return "\"" + printable(path) + "\""; }
bool is_file(Mode mode) { return mode == Mode::file || mode == Mode::executable; }

bool has_folds(const store::Tree& tree) {
  std::set<std::string> folds;
  return std::any_of(tree.begin(), tree.end(),
                     [&](const TreeEntry& e) { return !folds.insert(store::fold_name(e.name)).second; });
}

class Planner {
 public:
  Planner(Repository& repository, const Scan* scan, RestorePlan& plan)
      : repository_(repository), scan_(scan), plan_(plan) {}

  // Makes `here` (null: nothing is there) into `wanted`, which stands in `directory`.
  void change(const std::string& directory, const TreeEntry& wanted, const ScanEntry* here, std::size_t depth) {
    const std::string path = join_path(directory, wanted.name);
    if (here != nullptr && here->id == wanted.id && here->known && same_kind(here->mode, wanted.mode))
      return keep(directory, wanted, *here);
    if (wanted.mode == Mode::directory) return change_directory(path, wanted, here, depth + 1);
    if (here != nullptr)
      clear(path, *here, is_file(here->mode) && is_file(wanted.mode) ? Why::overwritten : Why::in_the_way);
    if (unfolding_) unfolding_->file(path);
    (wanted.mode == Mode::link ? plan_.links : plan_.files)
        .push_back({directory, wanted.name, wanted.mode, wanted.id, wanted.size, depth});
  }

  // `here` goes. A file that is written over needs no removal of its own.
  enum class Why { in_the_way, overwritten, not_in_version };
  void clear(const std::string& path, const ScanEntry& here, Why why) {
    if (here.mode == Mode::directory) {
      plan_.remove_directories.push_back(path);
      for (const auto& entry : scan_->directories[here.directory].entries)
        clear(join_path(path, entry.name), entry, why);
      return;
    }
    leaving_.push_back({path, here.id, here.odd});
    if (is_file(here.mode) && !here.odd) plan_.before.emplace(path, here.stat);
    may_stay_.push_back(why == Why::not_in_version);
    is_file_.push_back(is_file(here.mode));
    if (why == Why::overwritten) return;
    plan_.remove_files.push_back(path);
    ++plan_.removed;
  }

  // Whose bytes would be lost: it stays, where nothing of the version is in its place, or is in the way of everything.
  void settle(bool force) {
    const auto lost = would_be_lost(repository_, leaving_, force ? Asked::versions_of_path : Asked::everything);
    std::set<std::string> stays;
    for (std::size_t i = 0; i < lost.size(); ++i) {
      if (lost[i] && may_stay_[i] && (!force || leaving_[i].odd))
        stays.insert(leaving_[i].path);
      else if (lost[i]) {
        plan_.unsaved.push_back(leaving_[i].path);
        plan_.addable = plan_.addable && is_file_[i];
      }
    }
    std::erase_if(plan_.remove_files, [&](const std::string& path) { return stays.contains(path); });
    plan_.removed -= stays.size();
    std::sort(plan_.unsaved.begin(), plan_.unsaved.end());
    plan_.stays.assign(stays.begin(), stays.end());
    std::set<std::string> stay_above;
    for (const auto& path : plan_.stays)
      for (auto above = split_path(path).first; !above.empty() && stay_above.insert(above).second;)
        above = split_path(above).first;
    std::erase_if(plan_.remove_directories, [&](const std::string& path) { return stay_above.contains(path); });
  }

 private:
  static bool same_kind(Mode a, Mode b) { return a == b || (is_file(a) && is_file(b)); }

  void keep(const std::string& directory, const TreeEntry& wanted, const ScanEntry& here) {
    if (is_file(wanted.mode) && wanted.mode != here.mode) {
      plan_.modes.push_back({directory, wanted.name, wanted.mode, wanted.id, 0, 0});
      plan_.before.emplace(join_path(directory, wanted.name), here.stat);
    }
    if (is_file(here.mode) && here.settled && wanted.mode == here.mode)
      plan_.unchanged.directories[directory].push_back({here.name, here.stat, here.id});
    if (here.mode == Mode::directory) keep_below(here);
  }

  void keep_below(const ScanEntry& here) {
    const ScanDirectory& directory = scan_->directories[here.directory];
    for (const auto& entry : directory.entries) {
      if (entry.mode == Mode::directory)
        keep_below(entry);
      else if (is_file(entry.mode) && entry.settled)
        plan_.unchanged.directories[directory.path].push_back({entry.name, entry.stat, entry.id});
    }
  }

  void change_directory(const std::string& path, const TreeEntry& wanted, const ScanEntry* here, std::size_t depth) {
    if (here != nullptr && here->mode != Mode::directory) clear(path, *here, Why::in_the_way);
    const bool there = here != nullptr && here->mode == Mode::directory;
    if (!there) plan_.make_directories.push_back(path);
    const store::Tree tree = read_tree(repository_.store(), wanted.id, pull_hint(plan_.path));
    if (!unfolding_) unfolding_.emplace(std::max(wanted.files, files_of(tree)));
    unfolding_->directory(path);
    if (has_folds(tree)) plan_.folding_directories.push_back(path);
    for (const auto& entry : tree)
      change(path, entry, there ? scan_->find(here->directory, entry.name) : nullptr, depth);
    if (!there) return;
    for (const auto& entry : scan_->directories[here->directory].entries)
      if (!std::binary_search(tree.begin(), tree.end(), entry.name, ByName{}))
        clear(join_path(path, entry.name), entry, Why::not_in_version);
  }

  struct ByName {
    bool operator()(const TreeEntry& entry, const std::string& name) const { return entry.name < name; }
    bool operator()(const std::string& name, const TreeEntry& entry) const { return name < entry.name; }
  };

  Repository& repository_;
  const Scan* scan_;
  RestorePlan& plan_;
  std::vector<Leaving> leaving_;
  std::vector<bool> may_stay_, is_file_;
  std::optional<Unfolding> unfolding_;  // from the version's first tree on
};

void refuse_missing(const store::Store& store, const RestorePlan& plan) {
  std::vector<const PlannedFile*> wanted;
  for (const auto* list : {&plan.files, &plan.links})
    for (const auto& file : *list) wanted.push_back(&file);
  std::vector<char> here(wanted.size(), 0);
  parallel_for((wanted.size() + k_asked_at_once - 1) / k_asked_at_once, [&](std::size_t batch) {
    const std::size_t end = std::min(wanted.size(), (batch + 1) * k_asked_at_once);
    for (std::size_t i = batch * k_asked_at_once; i < end; ++i) here[i] = has_whole_file(store, wanted[i]->id) ? 1 : 0;
  });
  const auto first = std::find(here.begin(), here.end(), 0);
  if (first == here.end()) return;
  const auto& file = *wanted[static_cast<std::size_t>(first - here.begin())];
  const auto missing = std::count(here.begin(), here.end(), 0);
  const std::string name = quote(join_path(file.directory, file.name));
  throw state_error(missing == 1 ? name + " is not in the store"
                                 : name + " and " + std::to_string(missing - 1) + " more files are not in the store",
                    pull_hint(plan.path));
}

// What is at `path` now, every id known.
std::optional<ScanEntry> take_stock(Stock& stock, const Beneath& root, const std::string& path) {
  const auto info = root.look(path);
  if (!info) return std::nullopt;
  const auto mode = mode_of(*info);
  ScanEntry entry;
  entry.name = split_path(path).second;
  entry.mode = mode.value_or(Mode::link);
  entry.odd = !mode;
  entry.stat = file_stat(*info);
  entry.known = true;
  if (entry.odd) return entry;
  if (mode == Mode::directory)
    entry.id = stock.take_directory(path).id;
  else if (const auto packed = mode == Mode::link ? stock.take_link(path) : std::nullopt)
    entry = *packed;
  else if (mode == Mode::link)
    entry.id = sha256(read_link_at(root.open_directory(split_path(path).first).get(), entry.name, path));
  else
    entry.id = stock.take_file(path, *info).id;
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
    if (info && S_ISDIR(info->st_mode))
      add_all(root, join_path(path, name), plan);
    else
      plan.remove_files.push_back(join_path(path, name));
  }
}

}  // namespace

RestorePlan plan_restore(Repository& repository, const Beneath& root, const ObjectRef& object, const std::string& path,
                         const RestoreOptions& options) {
  RestorePlan plan;
  plan.path = path;
  plan.unchanged.subtrees.insert(path);
  const SnapshotOptions looking{false, options.progress, options.stop, {}, true};
  Stock stock(repository, root, looking, nullptr);
  const auto here = take_stock(stock, root, path);
  if (options.stop.stop_requested()) throw state_error("interrupted before anything was changed");
  const auto [directory, name] = split_path(path);
  Mode mode = object.kind == store::Kind::tree ? Mode::directory : Mode::file;
  if (mode == Mode::file && here && here->mode == Mode::executable)
    mode = Mode::executable;  // a pointer to a file has no mode
  Planner planner(repository, &stock.scan(), plan);
  // The directory itself is at depth 0: change() counts it.
  planner.change(directory, {name, mode, object.id, object.size, object.files}, here ? &*here : nullptr,
                 std::size_t(-1));
  refuse_missing(repository.store(), plan);
  planner.settle(options.force);
  if (!directory.empty() && !plan.empty()) plan.make_directories.insert(plan.make_directories.begin(), directory);
  return plan;
}

RestorePlan plan_clear(Repository& repository, const Beneath& root, const std::string& path,
                       const RestoreOptions& options) {
  RestorePlan plan;
  plan.path = path;
  plan.unchanged.subtrees.insert(path);
  const SnapshotOptions looking{false, options.progress, options.stop, {}, true};
  Stock stock(repository, root, looking, nullptr);
  const auto here = take_stock(stock, root, path);
  if (options.stop.stop_requested()) throw state_error("interrupted before anything was changed");
  Planner planner(repository, &stock.scan(), plan);
  if (here) planner.clear(path, *here, Planner::Why::in_the_way);
  planner.settle(options.force);
  return plan;
}

RestorePlan plan_removal(const Beneath& root, const std::string& path) {
  RestorePlan plan;
  plan.path = path;
  const auto info = root.look(path);
  if (info && S_ISDIR(info->st_mode))
    add_all(root, path, plan);
  else if (info)
    plan.remove_files.push_back(path);
  return plan;
}

}  // namespace mlops::data
