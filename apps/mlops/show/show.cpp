#include "base/text.h"
#include "commands.h"
#include "data/data_text.h"
#include "data/repository.h"
#include "register/models.h"
#include "store/tree.h"
#include "train/runs.h"

namespace mlops {
namespace {

int show_record(Output& out, const Id& id, const Json& body) {
  Json value = body;
  value["record"] = id.hex();
  if (out.json())
    out.value(value);
  else
    for (const auto& text : split(value.dump(2, ' ', false, Json::error_handler_t::replace), '\n')) out.answer(text);
  return k_exit_done;
}

int show_tree(Output& out, const store::Store& store, const Id& id) {
  Json list = Json::array();
  Table table{{{"mode"}, {"id"}, {"size", true}, {"name"}}, {}};
  for (const auto& entry : store::decode_tree(store.get(store::Kind::tree, id))) {
    list.push_back(
        {{"name", to_utf8(entry.name)}, {"mode", mode_name(entry.mode)}, {"id", entry.id.hex()}, {"size", entry.size}});
    table.rows.push_back({mode_name(entry.mode), entry.id.brief(), show_size(entry.size), entry.name});
  }
  if (out.json())
    out.value({{"tree", id.hex()}, {"entries", list}});
  else
    out.table(table);
  return k_exit_done;
}

int show_file(Output& out, const store::Store& store, const Id& id) {
  const auto size = store.file_size(id);
  if (out.json())
    out.value({{"file", id.hex()}, {"size", size}});
  else
    out.answer(Text("file ") + Text(id.hex(), Style::bold) + Text("  " + show_size(size)));
  return k_exit_done;
}

// Records, trees and files whose id begins with the digits.
int show_prefix(Output& out, data::Repository& repository, const std::string& prefix) {
  if (prefix.size() < 4 || prefix.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw input_error("\"" + prefix + "\" names nothing here",
                      "a model (churn@prod), a run (run:5e0b), or 4 or more digits of an id");
  std::set<std::pair<store::Kind, Id>> found;
  for (const auto kind : {store::Kind::record, store::Kind::tree, store::Kind::file, store::Kind::chunk})
    for (const auto& id : repository.store().find(kind, prefix)) found.emplace(kind, id);
  if (found.empty())
    return show_record(out, train::find_run(repository, prefix).id, train::find_run(repository, prefix).body);
  if (found.size() > 1 && !std::all_of(found.begin(), found.end(),
                                       [&](const auto& item) { return item.second == found.begin()->second; })) {
    std::vector<std::string> ids;
    for (const auto& [kind, id] : found) ids.push_back(std::string(to_text(kind)) + " " + id.brief());
    throw input_error(fmt::format("{} objects begin with {}: {}", found.size(), prefix, join(ids, ", ")),
                      "give more digits");
  }
  const auto& [kind, id] = *found.rbegin();
  if (kind == store::Kind::record)
    return show_record(out, id, parse_json(repository.store().get(kind, id), "the record"));
  return kind == store::Kind::tree ? show_tree(out, repository.store(), id) : show_file(out, repository.store(), id);
}

}  // namespace

Run define_show(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "a model, a run, or 4 or more digits of any id")->required();
  return [name](Context& context) {
    const auto repository = open_repository(context);
    if (name->starts_with("run:")) {
      const auto run = train::find_run(*repository, *name);
      return show_record(context.out, run.id, run.body);
    }
    if (const auto model = registry::find(*repository, *name))
      return show_record(context.out, model->record, model->body);
    return show_prefix(context.out, *repository, *name);
  };
}

}  // namespace mlops
