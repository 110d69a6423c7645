#include "base/text.h"
#include "commands.h"
#include "data/object_json.h"
#include "data/repository.h"
#include "train/runs.h"

namespace mlops {
namespace {

// One compared thing: a metric, a parameter, a version of data, the code.
struct Row {
  const char* group;
  std::string name;
  std::vector<Json> values;
};

std::string show(const Json& value) {
  if (value.is_null()) return "—";
  if (value.is_number_float()) return fmt::format("{:.4f}", value.get<double>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Json inputs_of(const Json& record) {
  Json out = Json::object();
  for (const auto& stage : record.value("stages", Json::array()))
    for (const auto& dep : stage.value("deps", Json::array()))
      if (text_or(dep, "origin") == "data")
        if (const auto object = data::object_of(dep)) out[text_or(dep, "path")] = object->id.brief();
  return out;
}

Json code_of(const Json& record) {
  const Json code = record.value("code", Json::object());
  std::string text = text_or(code, "commit").substr(0, 7);
  if (code.contains("tree")) text = text_or(code["tree"], "tree").substr(0, 12);
  const auto changed = code.value("changed", Json::array()).size();
  if (changed > 0) text += fmt::format(" + {} ({})", changed, text_or(code, "snapshot").substr(0, 7));
  return {{"", text}};
}

std::vector<Row> rows_of(const std::vector<train::RunEntry>& runs, bool all) {
  std::vector<Row> out;
  const auto add = [&](const char* group, const auto& values_of) {
    std::map<std::string, std::vector<Json>> named;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const Json of_run = values_of(runs[i].body);
      for (const auto& [key, value] : of_run.items()) {
        auto& values = named[key];
        values.resize(runs.size());
        values[i] = value;
      }
    }
    for (auto& [name, values] : named) {
      const Json& first = values.front();
      const bool same = std::all_of(values.begin(), values.end(), [&](const Json& value) { return value == first; });
      if (all || !same || std::string_view(group) == "metrics") out.push_back({group, name, std::move(values)});
    }
  };
  add("metrics", [](const Json& body) { return body.value("metrics", Json::object()); });
  add("params", [](const Json& body) { return body.value("params", Json::object()); });
  add("data", inputs_of);
  add("code", code_of);
  return out;
}

std::string difference(const Row& row) {
  const Json &first = row.values.front(), &last = row.values.back();
  if (row.values.size() != 2 || !first.is_number() || !last.is_number()) return "";
  const double change = last.get<double>() - first.get<double>();
  return change == 0 ? "" : fmt::format("{:+.4g}", change);
}

}  // namespace

Run define_train_compare(CLI::App& app) {
  auto names = std::make_shared<std::vector<std::string>>();
  auto all = std::make_shared<bool>(false);
  app.add_option("RUN", *names, "two or more runs; none: the two newest");
  app.add_flag("--all", *all, "also what is the same in all of them");
  return [names, all](Context& context) {
    const auto repository = open_repository(context);
    std::vector<train::RunEntry> runs;
    for (const auto& name : *names) runs.push_back(train::find_run(*repository, name));
    if (runs.empty()) {
      runs = train::list_runs(*repository);
      if (runs.size() < 2) throw input_error("there are not two runs to compare yet", "mlops train run makes one");
      runs = {runs[1], runs[0]};
    }
    if (runs.size() < 2)
      throw usage_error("one run alone can't be compared", "name two or more, or none for the two newest");
    const auto rows = rows_of(runs, *all);
    if (context.out.json()) {
      Json list = Json::array(), ids = Json::array();
      for (const auto& run : runs) ids.push_back(run.run_id);
      for (const auto& row : rows) list.push_back({{"group", row.group}, {"name", row.name}, {"values", row.values}});
      context.out.value({{"runs", ids}, {"rows", list}});
      return k_exit_done;
    }
    Table table{{{""}, {""}}, {}};
    for (const auto& run : runs) table.columns.push_back({run.run_id.substr(0, 12), true});
    if (runs.size() == 2) table.columns.push_back({"", true});
    std::string group;
    for (const auto& row : rows) {
      std::vector<Text> cells{Text(group == row.group ? "" : row.group, Style::dim), row.name};
      for (const auto& value : row.values) cells.emplace_back(show(value));
      if (runs.size() == 2) cells.emplace_back(difference(row), Style::bold);
      group = row.group;
      table.rows.push_back(std::move(cells));
    }
    context.out.table(table);
    return k_exit_done;
  };
}

}  // namespace mlops
