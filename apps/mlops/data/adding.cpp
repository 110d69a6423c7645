#include "data/adding.h"

#include <fmt/format.h>

#include "base/interrupt.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "data/beneath.h"
#include "data/course_text.h"
#include "data/data_text.h"
#include "data/foreign/adopt.h"
#include "data/inside.h"
#include "data/kept.h"
#include "data/links.h"
#include "data/revision.h"
#include "data/subtrees.h"
#include "data/tracked.h"

namespace mlops {
namespace {

Added inside(const std::string& path, const std::string& tracked, const data::InsideChange& change) {
  return {path, {change.entry, change.new_bytes, change.took}, change.changed, false, tracked, change.version, {}};
}

// A file that is what its path was once: its pointer went on, by git pull, and the file did not.
bool goes_back(data::Repository& repository, const std::string& path, const store::ObjectRef& after) {
  return after.kind == store::Kind::file &&
         !data::would_be_lost(repository, {{path, after.id}}, data::Asked::versions_of_path)[0];
}

// A version of the text would be taken for the data by everybody who pulls it.
void refuse_lfs_text(const data::Repository& repository, const std::string& path) {
  if (!data::is_lfs_pointer(repository.root() / path)) return;
  const auto pointer = data::read_pointer(repository, path);
  const bool same = pointer && data::lfs_object(repository.root() / path) == pointer->object.id;
  throw input_error("\"" + printable(path) + "\" is a text of git-lfs that stands for the data",
                    same ? "mlops data checkout " + shell_path(path) + "   brings the data"
                         : "mlops data adopt " + shell_path(path) + "   takes the data that git-lfs has");
}

// What this clone never had nobody here has removed: a colleague's files that were not pulled would leave the version
// unseen. (Of one file a new version leaves nothing out.)
std::optional<data::Step> refuse_unseen(data::Repository& repository, const std::string& path,
                                        const store::ObjectRef& before, const store::ObjectRef& after, bool force) {
  const auto step = data::step_between(repository, before, after, path);
  const std::string hint =
      "mlops pull --no-checkout " + shell_path(path) +
      "   brings them into the store, where diff and merges see them · --force   makes the version all the same";
  if (before.kind == store::Kind::file) {
    if (!step.known && !force && goes_back(repository, path, after))
      throw state_error(
          printable(path) + " is what it was before the version " + before.id.brief() + ", which is not in the store",
          hint);
    return std::nullopt;
  }
  if (!step.known && !force)
    throw state_error("the version " + before.id.brief() + " of " + printable(path) +
                          " is not in the store: what a new one would leave out of it is unknown",
                      hint);
  if (!step.unseen.empty() && !force)
    throw state_error(
        step.unseen.size() == 1
            ? printable(step.unseen[0]) + ", which was never here, would not be in the new version"
            : fmt::format("{} files that were never here would not be in the new version of {}, such as {}",
                          step.unseen.size(), printable(path), printable(step.unseen[0])),
        hint);
  return step.known ? std::optional(step) : std::nullopt;
}

bool loses(const std::optional<data::Step>& step) { return step && step->removed + step->changed > 0; }

// A directory in a versioned one; of a file the person who names it knows.
std::optional<data::Step> refuse_unseen_inside(data::Repository& repository, const std::string& tracked,
                                               const std::string& path, const store::ObjectRef& pointer,
                                               const store::ObjectRef& here) {
  if (here.kind != store::Kind::tree) return std::nullopt;
  const auto entry = data::descend(repository.store(), pointer, path.substr(tracked.size() + 1));
  if (!entry || entry->mode != store::Mode::directory) return std::nullopt;
  return refuse_unseen(repository, path, {store::Kind::tree, entry->id, entry->size, entry->files}, here, false);
}

// What would take back what git brought.
std::optional<data::Step> refuse(data::Repository& repository, const std::string& path, const store::ObjectRef& before,
                                 const store::ObjectRef& after, bool force) {
  const auto step = refuse_unseen(repository, path, before, after, force);
  if (!force) refuse_course(path, before, data::position(repository, path, before, after, [&] { return loses(step); }));
  return step;
}

void show(Output& out, const Added& added) {
  const auto& object = added.snapshot.object;
  const Text path(shown_path(added.path, object), Style::bold);
  if (!added.changed) return out.line(path + Text("  unchanged (" + object.id.brief() + ")"));
  const bool directory = added.step && object.kind == store::Kind::tree;
  const std::string step =
      directory ? fmt::format("+{} −{} ~{}, ", added.step->added, added.step->removed, added.step->changed) : "";
  out.line(path + Text(fmt::format("  {} → {} ({}{} new) in {}", shown_amount(out, object), object.id.brief(), step,
                                   show_size(added.snapshot.new_bytes), show_duration(added.snapshot.took))));
  if (!added.tracked.empty())
    out.line(Text(added.tracked + "/", Style::bold) + Text("  → " + added.directory.id.brief()));
}

Json to_json(const Added& added) {
  const auto& object = added.snapshot.object;
  Json json{{"kind", to_text(object.kind)}, {"id", object.id.hex()},    {"size", object.size},
            {"files", object.files},        {"changed", added.changed}, {"new_bytes", added.snapshot.new_bytes}};
  if (added.step)
    json["step"] = {{"added", added.step->added}, {"removed", added.step->removed}, {"changed", added.step->changed}};
  if (!added.tracked.empty()) put_path(json["in"] = {{"id", added.directory.id.hex()}}, added.tracked);
  put_path(json, added.path);
  return json;
}

}  // namespace

Adding::Adding(data::Repository& repository, Output& out, How how)
    : repository_(repository),
      out_(out),
      how_(how),
      taking_{true, &out.progress(), interrupt_token(), how.link},
      rules_(repository),
      batch_(repository.memory()) {}

// Where the others are to be kept all the same.
void Adding::attempt(const std::string& path, const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    if (!how_.pass_over || interrupt_signal() != 0 || error.kind() != ErrorKind::state) throw;
    out_.progress().finish();
    out_.warning(path + " is passed over: " + error.message());
    if (!error.hint().empty()) out_.note("hint: " + error.hint());
    passed_over_ = error.exit_code();
  }
}

void Adding::add(const std::string& path) {
  if (data::meets(waiting_paths_, path)) finish();
  attempt(path, [&] { begin(path); });
}

void Adding::begin(const std::string& path) {
  const auto above = data::tracked_above(repository_, path);
  refuse_lfs_text(repository_, path);
  rules_.refuse_pointer(above.value_or(path));
  if (above && *above != path) {
    if (!how_.force) refuse_inside(*above, path);
    return wait({path, *above, {}});
  }
  auto before = data::read_pointer(repository_, path);
  if (!before)
    rules_.refuse_what_git_has(path);
  else if (const auto files = rules_.files_that_git_has(path); files > 0)
    out_.warning(fmt::format("git has {} file{} of {} too: git rm -r --cached {}", files, files == 1 ? "" : "s",
                             printable(path), shell_path(path)));
  wait({path, "", std::move(before)});
}

void Adding::wait(Waiting waiting) {
  waiting_paths_.insert(waiting.path);
  waiting_.push_back(std::move(waiting));
}

void Adding::refuse_inside(const std::string& tracked, const std::string& path) {
  const auto pointer = data::read_pointer(repository_, tracked);
  const auto info = data::Beneath(repository_.root()).look(path);
  if (!pointer || !info || S_ISLNK(info->st_mode)) return;
  if (!S_ISDIR(info->st_mode) && data::level(repository_, tracked, path, pointer->object))
    return;  // nothing to be read
  const auto here = data::snapshot(repository_, path, taking_).object;
  const auto step = refuse_unseen_inside(repository_, tracked, path, pointer->object, here);
  refuse_course(path, pointer->object,
                data::position_inside(repository_, tracked, path, pointer->object, here, [&] { return loses(step); }));
}

void Adding::add_into(const std::string& directory, const std::vector<std::string>& files) {
  const auto tracked = data::tracked_above(repository_, directory);
  if (!tracked)
    throw input_error("\"" + printable(directory) + "\" is not versioned by mlops",
                      "mlops data add " + shell_path(directory) + " makes a version of it");
  rules_.refuse_pointer(*tracked);
  const std::vector<fs::path> all(files.begin(), files.end());
  for (std::span<const fs::path> left(all); !left.empty();) {
    const auto changes =
        data::add_into(repository_, *tracked, directory, left, {false, &out_.progress(), interrupt_token()});
    for (std::size_t i = 0; i < changes.size(); ++i)
      done(inside(data::join_path(directory, left[i].filename().string()), *tracked, changes[i]));
    left = left.subspan(changes.size());
  }
}

void Adding::finish() {
  const auto all = std::exchange(waiting_, {});
  waiting_paths_.clear();
  for (std::span<const Waiting> left(all); !left.empty();) {
    std::size_t together = 1;
    while (together < left.size() && left[together].tracked == left[0].tracked) ++together;
    const auto some = left.first(together);
    left = left.subspan(some[0].tracked.empty() ? take_some(some) : take_some_inside(some));
  }
}

std::size_t Adding::take_some_inside(std::span<const Waiting> waiting) {
  std::vector<std::string> paths;
  for (const auto& one : waiting) paths.push_back(one.path);
  const auto changes = data::add_inside(repository_, waiting[0].tracked, paths, taking_);
  for (std::size_t i = 0; i < changes.size(); ++i) done(inside(paths[i], waiting[0].tracked, changes[i]));
  return changes.size();
}

// Returns how many.
std::size_t Adding::take_some(std::span<const Waiting> waiting) {
  const auto lease = repository_.store().hold();  // until the pointers are written
  std::vector<std::string> paths, ignored;
  for (const auto& one : waiting) paths.push_back(one.path);
  const auto taken = data::snapshots(repository_, paths, taking_);
  std::vector<Added> made_now;
  std::exception_ptr failed;
  for (std::size_t i = 0; i < taken.size() && !failed; ++i) try {
      attempt(paths[i], [&] {
        made_now.push_back(made(waiting[i], taken[i]));
        ignored.push_back(paths[i]);
      });
    } catch (const Error&) {
      failed = std::current_exception();
    }
  if (!ignored.empty()) data::ignore_in_git(repository_, ignored);
  for (auto& one : made_now) {
    data::link_files(repository_, one.path, how_.link);  // what the pointer names stays where its links lead
    done(std::move(one));
  }
  if (failed) std::rethrow_exception(failed);
  return taken.size();
}

Added Adding::made(const Waiting& waiting, const data::Snapshot& snapshot) {
  const auto& [path, tracked, before] = waiting;
  Added added{path, snapshot, false, !before, {}, {}, {}};
  added.changed = !before || !(before->object == snapshot.object);
  if (before && added.changed) added.step = refuse(repository_, path, before->object, snapshot.object, how_.force);
  if (added.changed) data::write_pointer(repository_, path, snapshot.object, before);
  data::set_base(repository_, path, path, snapshot.object);
  return added;
}

void Adding::done(Added added) {
  out_.progress().finish();
  show(out_, added);
  all_.push_back(std::move(added));
}

Json Adding::json() const {
  Json list = Json::array();
  for (const auto& added : all_) list.push_back(to_json(added));
  return list;
}

}  // namespace mlops
