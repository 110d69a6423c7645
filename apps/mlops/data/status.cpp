#include <algorithm>

#include "base/text.h"
#include "commands.h"
#include "data/data_text.h"
#include "data/revision.h"
#include "data/revision_argument.h"

namespace mlops {
namespace {

struct PathStatus {
  std::string path;
  std::optional<store::ObjectRef> object;  // nullopt: the revision has none
  bool missing = false, stored = true;
  std::vector<data::Change> changes;
  std::string kind;
  [[nodiscard]] bool clean() const { return !missing && changes.empty() && stored; }
};

bool in_store(store::Store& store, const store::ObjectRef& object) {
  return object.kind == store::Kind::tree ? store.has(store::Kind::tree, object.id) : store.has_file(object.id);
}

PathStatus look(data::Repository& repository, Output& out, const std::string& path, const std::optional<store::ObjectRef>& object) {
  PathStatus status{path, object, false, true, {}, {}};
  const data::Side here = data::work_side(repository, path, &out.progress(), interrupt_token());
  status.kind = object ? to_text(object->kind) : here.object ? to_text(here.object->kind) : "";
  status.missing = object && !here.object;
  if (object && here.object && here.object->id == object->id) return status;
  status.stored = !object || in_store(repository.store(), *object);
  if (here.object && status.stored) status.changes = data::diff(data::stored_side(repository, object), here, path);
  return status;
}

void add_rows(Table& table, const PathStatus& status) {
  if (status.object) {
    const std::string path = shown_path(status.path, *status.object), id = status.object->id.brief();
    if (!status.stored) table.rows.push_back({Text("!", Style::bad), path, Text(id + " is not in the store: mlops pull", Style::dim)});
    else if (status.missing) table.rows.push_back({Text("-", Style::bad), path, Text("missing here; it is " + id, Style::dim)});
  }
  for (const auto& change : status.changes) table.rows.push_back(change_row(change));
}

Json to_json(const PathStatus& status) {
  Json json{{"kind", status.kind}, {"id", status.object ? Json(status.object->id.hex()) : Json()}, {"clean", status.clean()},
            {"missing", status.missing}, {"stored", status.stored}, {"changes", Json::array()}};
  put_path(json, status.path);
  for (const auto& change : status.changes) json["changes"].push_back(mlops::to_json(change));
  return json;
}

struct Options {
  std::vector<std::string> names;
  bool exit_code = false;
};

using Pointers = std::map<std::string, store::ObjectRef>;

// What the pointers name; or, with a revision, what it had, and nothing for what is versioned here since.
std::vector<PathStatus> look(Context& context, data::Repository& repository, const std::string& revision, const std::vector<std::string>& paths) {
  const Pointers pointers = revision.empty() ? data::pointers_here(repository) : data::pointers_of(repository, revision);
  std::vector<PathStatus> out;
  if (revision.empty()) {
    for (const auto& path : data::select_tracked(repository, paths)) out.push_back(look(repository, context.out, path, pointers.at(path)));
    return out;
  }
  Pointers known = data::pointers_here(repository);
  known.insert(pointers.begin(), pointers.end());
  for (const auto& path : data::select_in(repository, revision, known, paths)) {
    const auto found = pointers.find(path);
    out.push_back(look(repository, context.out, path, found == pointers.end() ? std::nullopt : std::optional(found->second)));
  }
  return out;
}

int show(Context& context, const Options& options) {
  const auto repository = data::Repository::open();
  auto names = options.names;
  const std::string revision = take_revision(*repository, names);
  if (auto rest = names; !revision.empty() && !take_revision(*repository, rest).empty())
    throw usage_error("the files here are compared with one revision", "mlops data diff REV REV   compares two");
  const auto all = look(context, *repository, revision, names);
  Table table{{{""}, {"path"}, {"change"}}, {}};
  Json list = Json::array();
  for (const auto& status : all) {
    add_rows(table, status);
    list.push_back(to_json(status));
  }
  const bool clean = std::all_of(all.begin(), all.end(), [](const PathStatus& status) { return status.clean(); });
  context.out.progress().finish();
  if (context.out.json()) context.out.value(list);
  else if (!context.out.quiet()) context.out.table(table);
  if (all.empty()) context.out.note("nothing is versioned here yet\nnext: mlops data add PATH");
  else if (clean) context.out.line("no changes");
  else if (!revision.empty()) context.out.note("next: mlops data checkout PATH " + revision + "    goes back to that");
  else context.out.note("next: mlops data add PATH    keeps the changes · mlops data checkout PATH    goes back");
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
