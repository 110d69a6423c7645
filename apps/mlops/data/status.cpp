#include "base/text.h"
#include "commands.h"
#include "data/data_text.h"
#include "data/revision.h"

namespace mlops {
namespace {

struct PathStatus {
  std::string path;
  store::ObjectRef object;
  bool missing = false, stored = true;
  std::vector<data::Change> changes;
  [[nodiscard]] bool clean() const { return !missing && changes.empty() && stored; }
};

bool in_store(store::Store& store, const store::ObjectRef& object) {
  return object.kind == store::Kind::tree ? store.has(store::Kind::tree, object.id) : store.has_file(object.id);
}

PathStatus look(data::Repository& repository, Output& out, const std::string& path, const store::ObjectRef& object) {
  PathStatus status{path, object, false, true, {}};
  const data::Side here = data::work_side(repository, path, &out.progress(), interrupt_token());
  status.missing = !here.object;
  if (here.object && here.object->id == object.id) return status;
  status.stored = in_store(repository.store(), object);
  if (!status.missing && status.stored) status.changes = data::diff(data::stored_side(repository, object), here, path);
  return status;
}

void add_rows(Table& table, const PathStatus& status) {
  const std::string path = shown_path(status.path, status.object), id = status.object.id.brief();
  if (!status.stored) table.rows.push_back({Text("!", Style::bad), path, Text(id + " is not in the store: mlops pull", Style::dim)});
  else if (status.missing) table.rows.push_back({Text("-", Style::bad), path, Text("missing here; it is " + id, Style::dim)});
  for (const auto& change : status.changes) table.rows.push_back(change_row(change));
}

Json to_json(const PathStatus& status) {
  Json json{{"kind", to_text(status.object.kind)}, {"id", status.object.id.hex()}, {"clean", status.clean()},
            {"missing", status.missing}, {"stored", status.stored}, {"changes", Json::array()}};
  put_path(json, status.path);
  for (const auto& change : status.changes) json["changes"].push_back(mlops::to_json(change));
  return json;
}

}  // namespace

Run define_data_status(CLI::App& app) {
  auto paths = std::make_shared<std::vector<std::string>>();
  auto exit_code = std::make_shared<bool>(false);
  app.add_option("PATH", *paths, "only these (default: all)");
  app.add_flag("--exit-code", *exit_code, "exit 1 where something differs");
  return [paths, exit_code](Context& context) {
    const auto repository = data::Repository::open();
    const auto pointers = data::pointers_here(*repository);
    Table table{{{""}, {"path"}, {"change"}}, {}};
    Json list = Json::array();
    bool clean = true;
    for (const auto& path : data::select_tracked(*repository, *paths)) {
      const PathStatus status = look(*repository, context.out, path, pointers.at(path));
      clean = clean && status.clean();
      add_rows(table, status);
      list.push_back(to_json(status));
    }
    context.out.progress().finish();
    if (context.out.json()) context.out.value(list);
    else if (!context.out.quiet()) context.out.table(table);
    if (list.empty()) context.out.note("nothing is versioned here yet\nnext: mlops data add PATH");
    else if (clean) context.out.line("no changes");
    else context.out.note("next: mlops data add PATH    keeps the changes · mlops data checkout PATH    goes back");
    return *exit_code && !clean ? k_exit_no : k_exit_done;
  };
}

}  // namespace mlops
