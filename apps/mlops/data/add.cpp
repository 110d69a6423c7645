#include <fmt/format.h>

#include "base/interrupt.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "data/beneath.h"
#include "data/course_text.h"
#include "data/data_text.h"
#include "data/foreign/adopt.h"
#include "data/git_rules.h"
#include "data/inside.h"
#include "data/kept.h"
#include "data/links.h"
#include "data/revision.h"
#include "data/standing.h"
#include "data/tracked.h"

namespace mlops {
namespace {

struct Added {
  std::string path;
  data::Snapshot snapshot;
  bool changed = false, first = false;
  std::string tracked;             // the versioned directory that it lies in, or ""
  store::ObjectRef directory;      // its version
  std::optional<data::Step> step;  // from the version before, of a directory
};

struct How {
  store::Link link;
  bool force = false;
};

// A path belongs to one version: not to one below it too.
void refuse_overlap(const std::vector<std::string>& tracked, const std::string& path) {
  for (const auto& below : data::tracked_below(tracked, path))
    if (below != path)
      throw input_error(
          "\"" + printable(below) + "\" in it is versioned by itself",
          "mlops data rm --keep " + shell_path(below) + ", then add \"" + printable(path) + "\" as a whole");
}

Added inside(const std::string& path, const std::string& tracked, const data::InsideChange& change) {
  return {path, {change.entry, change.new_bytes}, change.changed, false, tracked, change.version, {}};
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

void refuse_inside(data::Repository& repository, const std::string& tracked, const std::string& path,
                   const data::SnapshotOptions& options) {
  const auto pointer = data::read_pointer(repository, tracked);
  const auto info = data::Beneath(repository.root()).look(path);
  const auto bases = data::Bases::load(repository);
  if (!pointer || !info || S_ISLNK(info->st_mode)) return;
  if (!S_ISDIR(info->st_mode) && bases.level(tracked, path, pointer->object)) return;  // nothing to be read for
  const auto here = data::snapshot(repository, path, options).object;
  const auto step = refuse_unseen_inside(repository, tracked, path, pointer->object, here);
  refuse_course(
      path, pointer->object,
      data::position_inside(repository, bases, tracked, path, pointer->object, here, [&] { return loses(step); }));
}

// What would take back what git brought.
std::optional<data::Step> refuse(data::Repository& repository, const std::string& path, const store::ObjectRef& before,
                                 const store::ObjectRef& after, bool force) {
  const auto step = refuse_unseen(repository, path, before, after, force);
  if (!force)
    refuse_course(path, before, data::position(repository, data::Bases::load(repository), path, before, after, [&] {
                    return loses(step);
                  }));
  return step;
}

Added add(data::Repository& repository, Output& out, const std::string& path, const How& how) {
  const auto above = data::tracked_above(repository, path);
  const data::SnapshotOptions taking{true, &out.progress(), interrupt_token(), how.link};
  refuse_lfs_text(repository, path);
  data::refuse_ignored_pointer(repository, above.value_or(path));
  if (above && *above != path) {
    if (!how.force) refuse_inside(repository, *above, path, taking);
    return inside(path, *above, data::add_inside(repository, *above, path, taking));
  }
  const auto lease = repository.store().hold();  // until the pointer is written
  const auto before = data::read_pointer(repository, path);
  if (!before)
    data::refuse_what_git_has(repository, path);
  else if (const auto files = data::files_that_git_has(repository, path); files > 0)
    out.warning(fmt::format("git has {} file{} of {} too: git rm -r --cached {}", files, files == 1 ? "" : "s",
                            printable(path), shell_path(path)));
  Added added{path, data::snapshot(repository, path, taking), false, !before, {}, {}, {}};
  added.changed = !before || !(before->object == added.snapshot.object);
  if (before && added.changed) added.step = refuse(repository, path, before->object, added.snapshot.object, how.force);
  if (added.changed) data::write_pointer(repository, path, added.snapshot.object);
  data::set_base(repository, path, path, added.snapshot.object);
  data::ignore_in_git(repository, path);
  data::link_files(repository, path,
                   how.link);  // now that the pointer names the version, its links lead to something that stays
  return added;
}

// "data/" may be versioned or lie in what is.
Added add_into(data::Repository& repository, Output& out, const std::string& directory, const std::string& file) {
  const auto tracked = data::tracked_above(repository, directory);
  if (!tracked)
    throw input_error("\"" + printable(directory) + "\" is not versioned by mlops",
                      "mlops data add " + shell_path(directory) + " makes a version of it");
  data::refuse_ignored_pointer(repository, *tracked);
  const auto name = fs::path(file).filename().string();
  return inside(data::join_path(directory, name), *tracked,
                data::add_into(repository, *tracked, directory, file, {false, &out.progress(), interrupt_token()}));
}

Added add_path(data::Repository& repository, Output& out, const std::vector<std::string>& tracked,
               const std::string& typed, const How& how) {
  const std::string path = data::own_path(repository, typed);
  if (path == ".")
    throw input_error("the whole work tree can't be versioned as data", "name the directories with data in them");
  if (path.ends_with(".mlops"))
    throw input_error("\"" + printable(path) + "\" is a pointer; name the path that it stands for");
  refuse_overlap(tracked, path);
  return add(repository, out, path, how);
}

void show(Output& out, const Added& added, Micros took) {
  const auto& object = added.snapshot.object;
  const Text path(shown_path(added.path, object), Style::bold);
  if (!added.changed) return out.line(path + Text("  unchanged (" + object.id.brief() + ")"));
  const bool directory = added.step && object.kind == store::Kind::tree;
  const std::string step =
      directory ? fmt::format("+{} −{} ~{}, ", added.step->added, added.step->removed, added.step->changed) : "";
  out.line(path + Text(fmt::format("  {} → {} ({}{} new) in {}", shown_amount(out, object), object.id.brief(), step,
                                   show_size(added.snapshot.new_bytes), show_duration(took))));
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

// "data.mlops .gitignore", for git add, as they are typed here.
std::string files_to_commit(const data::Repository& repository, const std::vector<Added>& all) {
  std::vector<std::string> files;
  for (const auto& added : all) {
    if (!added.changed) continue;
    const std::string pointer = (added.tracked.empty() ? added.path : added.tracked) + ".mlops";
    if (std::find(files.begin(), files.end(), pointer) == files.end()) files.push_back(pointer);
    const auto slash = added.path.rfind('/');
    const std::string ignore = (slash == std::string::npos ? "" : added.path.substr(0, slash + 1)) + ".gitignore";
    if (added.first && std::find(files.begin(), files.end(), ignore) == files.end()) files.push_back(ignore);
  }
  for (auto& file : files) file = (repository.root() / file).lexically_relative(fs::current_path()).string();
  return shell_paths(files, files.size());
}

// Every versioned path that is here and differs from its pointer. What is only behind it is nobody's change here.
std::vector<std::string> changed_paths(data::Repository& repository, Output& out,
                                       const std::vector<std::string>& tracked, bool force) {
  std::vector<std::string> paths;
  const auto bases = data::Bases::load(repository);
  for (const auto& path : tracked) {
    const auto pointer = data::read_pointer(repository, path);
    const auto here = data::work_side(repository, path, &out.progress(), interrupt_token());
    if (!pointer || !here.object || here.mode || here.object->id == pointer->object.id) continue;
    const auto position = data::position(repository, bases, path, pointer->object, *here.object, [] { return false; });
    const bool behind = position.course == data::Course::behind && !force;
    if (behind)
      out.note(path + " " + course_text(position, pointer->object) + ": mlops data checkout " + shell_path(path));
    else
      paths.push_back(path);
  }
  return paths;
}

struct Options {
  std::vector<std::string> paths;
  std::string into, policy;
  bool force = false, update = false;
};

int add_all(Context& context, const Options& options) {
  const auto repository = data::Repository::open();
  const How how{link_policy(*repository, options.policy), options.force};
  const auto tracked = data::tracked_paths(*repository);
  if (options.update && !(options.paths.empty() && options.into.empty()))
    throw usage_error("-u takes every versioned path that changed", "without PATH and --into");
  if (options.paths.empty() && !options.update)
    throw usage_error("PATH is required", "mlops data add -u   takes every versioned path that changed");
  std::vector<Added> all;
  Json list = Json::array();
  const std::string directory = options.into.empty() ? "" : data::own_path(*repository, options.into);
  const auto changed =
      options.update ? changed_paths(*repository, context.out, tracked, options.force) : std::vector<std::string>();
  const auto take = [&](const std::string& name, const auto& one) {
    const Micros started = now_micros();
    all.push_back(one(name));
    context.out.progress().finish();
    show(context.out, all.back(), now_micros() - started);
    list.push_back(to_json(all.back()));
  };
  int worst = k_exit_done;
  for (const auto& path : changed) try {
      take(path, [&](const std::string& name) { return add(*repository, context.out, name, how); });
    } catch (const Error& error) {  // the others are to be kept all the same
      if (interrupt_signal() != 0 || changed.size() == 1 || error.kind() != ErrorKind::state) throw;
      context.out.progress().finish();
      context.out.warning(path + " is passed over: " + error.message());
      if (!error.hint().empty()) context.out.note("hint: " + error.hint());
      worst = error.exit_code();
    }
  for (const auto& typed : options.paths)
    take(typed, [&](const std::string& name) {
      return directory.empty() ? add_path(*repository, context.out, tracked, name, how)
                               : add_into(*repository, context.out, directory, name);
    });
  if (context.out.json())
    context.out.value(list);
  else if (all.empty())
    context.out.line("nothing changed");
  if (const auto files = files_to_commit(*repository, all); !files.empty()) context.out.note("next: git add " + files);
  return worst;
}

}  // namespace

Run define_data_add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("PATH", options->paths,
                 "files and directories; also in a versioned directory, which then changes in that place only");
  app.add_flag("-u,--update", options->update, "every versioned path that changed here");
  app.add_option("--into", options->into,
                 "put these files, from anywhere, into a versioned directory, whose own files need not be here")
      ->type_name("DIR");
  app.add_option(
      "--link", options->policy,
      "how large files stand here and in the store: auto, copy, hardlink, symlink (default: store.link, else auto)");
  app.add_flag("--force", options->force,
               "also where the new version would leave out files that were never here, or take back what git brought");
  return [options](Context& context) { return add_all(context, *options); };
}

}  // namespace mlops
