#include <fmt/format.h>

#include "base/interrupt.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "commands.h"
#include "data/adding.h"
#include "data/beneath.h"
#include "data/course_text.h"
#include "data/data_text.h"
#include "data/git_exclude.h"
#include "data/kept.h"
#include "data/revision.h"
#include "data/tracked.h"

namespace mlops {
namespace {

// A path belongs to one version: not to one below it too.
void refuse_overlap(const std::vector<std::string>& tracked, const std::string& path) {
  for (const auto& below : data::tracked_below(tracked, path))
    if (below != path)
      throw input_error(
          "\"" + printable(below) + "\" in it is versioned by itself",
          "mlops data rm --keep " + shell_path(below) + ", then add \"" + printable(path) + "\" as a whole");
}

void refuse_place(const std::vector<std::string>& tracked, const std::string& path) {
  if (path == ".")
    throw input_error("the whole work tree can't be versioned as data", "name the directories with data in them");
  if (path.ends_with(".mlops"))
    throw input_error("\"" + printable(path) + "\" is a pointer; name the path that it stands for");
  refuse_overlap(tracked, path);
}

// Each once, and all of them before the first is added.
std::vector<std::string> asked_paths(const data::Repository& repository, const std::vector<std::string>& typed) {
  const data::Beneath root(repository.root());
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (const auto& name : typed) {
    std::string path = data::own_path(repository, name);
    if (path != "." && !root.look(path)) throw input_error("there is no file or directory \"" + printable(path) + "\"");
    if (seen.insert(path).second) out.push_back(std::move(path));
  }
  return out;
}

constexpr std::size_t k_named = 10;

// "data.mlops .gitignore", for git add, as they are typed here; of very many, as patterns of git's own.
std::string files_to_commit(const data::Repository& repository, const std::vector<Added>& all) {
  std::vector<std::string> files, patterns;
  std::set<std::string> seen;
  const auto typed = [&](const std::string& file) {
    return (repository.root() / file).lexically_relative(fs::current_path()).string();
  };
  const auto add = [&](std::vector<std::string>& to, const std::string& file) {
    if (seen.insert(file).second) to.push_back(typed(file));
  };
  for (const auto& added : all) {
    if (!added.changed) continue;
    const std::string pointer = (added.tracked.empty() ? added.path : added.tracked) + ".mlops";
    const std::string directory = data::split_path(pointer).first;
    add(files, pointer);
    add(patterns, data::join_path(directory, "*.mlops"));
    if (!added.first) continue;
    const std::string ignore = data::join_path(directory, ".gitignore");
    if (seen.contains(ignore)) continue;
    add(files, ignore);
    patterns.push_back(typed(ignore));
  }
  if (files.size() <= k_named) return shell_paths(files, files.size());
  return shell_paths(patterns, patterns.size());
}

// Every versioned path that is here and differs from its pointer. What is only behind it is nobody's change here.
std::vector<std::string> changed_paths(data::Repository& repository, Output& out, bool force,
                                       std::map<std::string, Error>& broken) {
  std::vector<std::string> paths;
  const data::Memory::Batch batch(repository.memory());
  const data::KeptScope kept(repository);
  for (const auto& [path, pointer] : data::pointers_here(repository, broken)) {
    const auto here = data::work_side(repository, path, &out.progress(), interrupt_token());
    if (!here.object || here.mode || here.object->id == pointer.id) continue;
    const auto position = data::position(repository, path, pointer, *here.object, [] { return false; });
    const bool behind = position.course == data::Course::behind && !force;
    if (behind)
      out.note(path + " " + course_text(position, pointer) + ": mlops data checkout " + shell_path(path));
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

void check(const Options& options) {
  if (options.update && !(options.paths.empty() && options.into.empty()))
    throw usage_error("-u takes every versioned path that changed", "without PATH and --into");
  if (options.paths.empty() && !options.update)
    throw usage_error("PATH is required", "mlops data add -u   takes every versioned path that changed");
}

void show_end(Context& context, const data::Repository& repository, const Adding& adding) {
  if (context.out.json())
    context.out.value(adding.json());
  else if (adding.all().empty())
    context.out.line("nothing changed");
  const auto first = [](const Added& added) { return added.first; };
  if (std::any_of(adding.all().begin(), adding.all().end(), first))  // repositories from before init wrote it
    data::try_to_exclude_from_git(repository.state().parent_path());
  if (const auto files = files_to_commit(repository, adding.all()); !files.empty())
    context.out.note("next: git add " + files);
}

int add_all(Context& context, const Options& options) {
  const auto repository = data::Repository::open();
  const store::Link link = link_policy(*repository, options.policy);
  check(options);
  const std::string directory = options.into.empty() ? "" : data::own_path(*repository, options.into);
  std::map<std::string, Error> broken;
  const auto changed =
      options.update ? changed_paths(*repository, context.out, options.force, broken) : std::vector<std::string>();
  Adding adding(*repository, context.out, {link, options.force, changed.size() > 1});
  const auto paths = directory.empty() ? asked_paths(*repository, options.paths) : std::vector<std::string>();
  const auto tracked = paths.empty() ? std::vector<std::string>() : data::tracked_paths(*repository);
  try {
    for (const auto& path : changed) adding.add(path);
    for (const auto& path : paths) {
      refuse_place(tracked, path);
      adding.add(path);
    }
    if (!directory.empty()) adding.add_into(directory, options.paths);
  } catch (const Error&) {  // of one path: those before it are added
    adding.finish();
    throw;
  }
  adding.finish();
  show_end(context, *repository, adding);
  end_with(context.out, broken);
  return adding.passed_over().value_or(k_exit_done);
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
