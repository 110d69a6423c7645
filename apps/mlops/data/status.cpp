#include <algorithm>
#include <iterator>

#include "base/shell_word.h"
#include "base/text.h"
#include "commands.h"
#include "data/beneath.h"
#include "data/course_text.h"
#include "data/data_text.h"
#include "data/kept.h"
#include "data/memory.h"
#include "data/revision.h"
#include "data/revision_argument.h"
#include "data/standing.h"

namespace mlops {
namespace {

struct PathStatus {
  std::string path;
  std::optional<store::ObjectRef> object;  // nullopt: the revision has none
  data::Standing standing;
  bool clean = standing.clean();
  data::Position position = {};  // against the pointer, where that is what is looked at
};

PathStatus look(data::Repository& repository, Output& out, const std::string& path,
                const std::optional<store::ObjectRef>& object) {
  return {path, object, data::standing(repository, path, object, &out.progress(), interrupt_token())};
}

PathStatus look(data::Repository& repository, Output& out, const std::string& path) {
  const auto pointer = data::read_pointer(repository, path);
  auto status = look(repository, out, path, pointer ? std::optional(pointer->object) : std::nullopt);
  if (pointer) status.position = data::position(repository, path, pointer->object, status.standing);
  return status;
}

void add_rows(Table& table, const PathStatus& status) {
  const auto& [kind, missing, stored, absent, changes, odd, here] = status.standing;
  if (status.object) {
    const std::string path = shown_path(status.path, *status.object), id = status.object->id.brief();
    if (!stored)
      table.rows.push_back({Text("!", Style::bad), path, Text(id + " is not in the store: mlops pull", Style::dim)});
    else if (missing)
      table.rows.push_back({Text("-", Style::bad), path, Text("missing here; it is " + id, Style::dim)});
    else if (absent > 0)
      table.rows.push_back({Text("!", Style::bad), path,
                            Text(count_files(absent) + " of " + id + " not in the store: mlops pull", Style::dim)});
  }
  if (!status.position.ours())
    table.rows.push_back({Text("<", Style::warn), shown_path(status.path, *status.object),
                          Text(course_text(status.position, *status.object), Style::dim)});
  if (status.position.course == data::Course::behind) return;  // nobody here changed anything
  const auto is_odd = [&odd = odd](const std::string& path) {
    return std::find(odd.begin(), odd.end(), path) != odd.end();
  };
  for (const auto& change : changes)
    if (!is_odd(change.path)) table.rows.push_back(change_row(change));
  for (const auto& path : odd)
    table.rows.push_back(
        {Text("!", Style::bad), path, Text("no file, directory or link: it can't be versioned", Style::dim)});
}

Json to_json(const PathStatus& status) {
  const auto& standing = status.standing;
  Json json{{"kind", to_text(standing.kind)}, {"id", status.object ? Json(status.object->id.hex()) : Json()},
            {"clean", status.clean},          {"missing", standing.missing},
            {"stored", standing.stored},      {"absent", standing.absent},
            {"changes", Json::array()},       {"odd", Json::array()}};
  put_path(json, status.path);
  put_course(json, status.position);
  for (const auto& change : standing.changes) json["changes"].push_back(mlops::to_json(change));
  for (const auto& path : standing.odd) json["odd"].push_back(to_utf8(path));
  return json;
}

// What the revision has, of what differs: to the rest it can't go back.
std::string back_to(const std::vector<PathStatus>& all, const std::string& revision) {
  std::vector<std::string> paths;
  for (const auto& status : all)
    if (!status.clean && status.object) paths.push_back(status.path);
  return paths.empty()
             ? ""
             : "mlops data checkout " + shell_paths(paths) + " " + shell_word(revision) + "    goes back to that";
}

// What there is of the version comes first: until then, what differs may be nobody's change.
std::vector<std::string> next_steps(const std::vector<PathStatus>& all, const std::string& revision) {
  const bool absent = std::any_of(all.begin(), all.end(), [](const PathStatus& status) {
    return !status.standing.stored || status.standing.absent > 0;
  });
  if (absent && revision.empty()) return {"mlops pull    brings what is not here"};
  if (absent) return {"mlops pull --rev " + shell_word(revision) + "    brings what is not here"};
  if (!revision.empty()) return {back_to(all, revision)};
  std::vector<Differing> differing;
  for (const auto& status : all)
    if (!status.clean) differing.push_back({status.path, status.standing.missing, status.position.course});
  return next_steps(differing);
}

// What moved may have left one versioned path for another: each is looked for among all, and is listed where it came.
void pair_renames(std::vector<PathStatus>& all) {
  std::vector<data::Change> changes;
  for (auto& status : all)
    std::move(status.standing.changes.begin(), status.standing.changes.end(), std::back_inserter(changes));
  data::pair_renames(changes);
  auto change = changes.begin();
  for (auto& status : all) {
    status.standing.changes.clear();
    for (; change != changes.end() && data::is_in(change->path, status.path); ++change)
      status.standing.changes.push_back(std::move(*change));
  }
}

struct Options {
  std::vector<std::string> names;
  bool exit_code = false;
};

using Pointers = std::map<std::string, store::ObjectRef>;

std::optional<store::ObjectRef> find(const Pointers& pointers, const std::string& path) {
  const auto found = pointers.find(path);
  return found == pointers.end() ? std::nullopt : std::optional(found->second);
}

// What the pointers name; or, with a revision, what it had, and nothing for what is versioned here since.
std::vector<PathStatus> look(Context& context, data::Repository& repository, const std::string& revision,
                             const std::vector<std::string>& paths, std::map<std::string, Error>& broken) {
  std::vector<PathStatus> out;
  if (revision.empty()) {
    const data::Memory::Batch batch(repository.memory());
    const data::KeptScope kept(repository);
    for (const auto& path : data::select_tracked(repository, paths)) try {
        out.push_back(look(repository, context.out, path));
      } catch (const Error& error) {  // a pointer with a conflict's markers says nothing of the others
        if (error.kind() != ErrorKind::input) throw;
        broken.emplace(path, error);
      }
    return out;
  }
  const Pointers pointers = data::pointers_of(repository, revision);
  std::map<std::string, Error> unread;
  Pointers known = data::pointers_here(repository, unread);
  known.insert(pointers.begin(), pointers.end());
  for (const auto& path : data::select_in(repository, revision, known, paths)) {
    out.push_back(look(repository, context.out, path, find(pointers, path)));
  }
  return out;
}

int show(Context& context, const Options& options) {
  const auto repository = data::Repository::open();
  auto names = options.names;
  const std::string revision = take_revision(*repository, names);
  if (auto rest = names; !revision.empty() && !take_revision(*repository, rest).empty())
    throw usage_error("the files here are compared with one revision", "mlops data diff REV REV   compares two");
  std::map<std::string, Error> broken;
  auto all = look(context, *repository, revision, names, broken);
  pair_renames(all);
  Table table{{{""}, {"path"}, {"change"}}, {}};
  Json list = Json::array();
  for (const auto& status : all) {
    add_rows(table, status);
    list.push_back(to_json(status));
  }
  const bool clean = std::all_of(all.begin(), all.end(), [](const PathStatus& status) { return status.clean; });
  context.out.progress().finish();
  if (context.out.json())
    context.out.value(list);
  else if (!context.out.quiet())
    context.out.table(table);
  if (all.empty() && broken.empty())
    note_nothing_versioned(context.out);
  else if (clean && broken.empty())
    context.out.line("no changes");
  else
    for (const auto& step : next_steps(all, revision))
      if (!step.empty()) context.out.note("next: " + step);
  std::vector<std::string> paths;
  for (const auto& status : all) paths.push_back(status.path);
  if (revision.empty()) warn_open_to_git(context.out, *repository, paths);
  end_with(context.out, broken);
  return options.exit_code && !clean ? k_exit_no : k_exit_done;
}

}  // namespace

Run define_data_status(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("PATH", options->names, "only these (default: all), and perhaps a git revision");
  app.add_flag("--exit-code", options->exit_code, "exit 1 where something differs");
  return [options](Context& context) { return show(context, *options); };
}

}  // namespace mlops
