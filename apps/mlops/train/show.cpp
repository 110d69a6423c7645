#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "data/repository.h"
#include "register/lineage.h"

namespace mlops {
namespace {

void line(Output& out, const char* name, const std::string& value, Style style = Style::plain) {
  if (!value.empty()) out.answer(Text(fmt::format("{:<13}", name), Style::dim) + Text(value, style));
}

std::string values_line(const Json& values) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : values.items())
    parts.push_back(key + " " +
                    (value.is_number_float() ? fmt::format("{:.6g}", value.get<double>())
                     : value.is_string()     ? value.get<std::string>()
                                             : value.dump()));
  return join(parts, ", ");
}

void show_stages(Output& out, const Json& stages) {
  Table table{{{"stage"}, {"status"}, {"time", true}, {"memory", true, 1}, {"outputs", false, 2}}, {}};
  for (const auto& stage : stages) {
    std::string outs;
    for (const auto& item : stage.value("outs", Json::array()))
      outs += (outs.empty() ? "" : ", ") + text_or(item, "path") + " " +
              text_or(item, item.contains("tree") ? "tree" : "file").substr(0, 12);
    const auto memory = static_cast<std::uint64_t>(integer_or(stage, "peak_memory_kib")) << 10;
    table.rows.push_back({text_or(stage, "name"), text_or(stage, "status"), show_duration(integer_or(stage, "wall_us")),
                          memory > 0 ? show_size(memory) : "", outs});
  }
  out.table(table);
}

void show_log(Output& out, data::Repository& repository, const train::RunEntry& run, const std::string& stage_name) {
  for (const auto& stage : run.body.value("stages", Json::array())) {
    if (text_or(stage, "name") != stage_name) continue;
    const auto id = Id::from_hex(text_or(stage, "log"));
    if (id)
      out.raw(repository.store().read_whole_file(*id));
    else
      out.note("stage \"" + stage_name + "\" printed nothing in this run");
    return;
  }
  std::vector<std::string> names;
  for (const auto& stage : run.body.value("stages", Json::array())) names.push_back(text_or(stage, "name"));
  throw input_error("run " + run.run_id.substr(0, 12) + " has no stage \"" + stage_name + "\"",
                    "it has: " + join(names, ", "));
}

void show(Output& out, data::Repository& repository, const train::RunEntry& run) {
  const Json& body = run.body;
  line(out, "run", run.run_id, Style::bold);
  line(out, "status", text_or(body, "status"));
  line(out, "name", text_or(body, "name"));
  line(out, "message", text_or(body, "message"));
  line(out, "experiment", text_or(body, "experiment"));
  line(out, "command", text_or(body, "command"));
  line(out, "by",
       text_or(body, "author") + ", " + to_local(parse_time(text_or(body, "started")).value_or(0), now_micros()));
  line(out, "metrics", values_line(body.value("metrics", Json::object())), Style::bold);
  for (const auto& node : registry::lineage_of_run(repository, run).from) line(out, node.kind.c_str(), node.title);
  line(out, "record", run.id.hex());
  out.answer("");
  show_stages(out, body.value("stages", Json::array()));
  for (const auto& stage : body.value("stages", Json::array()))
    if (const std::string problem = text_or(stage, "problem"); !problem.empty())
      out.answer(Text(text_or(stage, "name") + ": " + problem, Style::bad));
}

}  // namespace

Run define_train_show(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  auto log = std::make_shared<std::string>();
  app.add_option("RUN", *name, "4 or more digits of a run's id (default: the newest run)");
  app.add_option("--log", *log, "what the commands of STAGE printed")->type_name("STAGE");
  return [name, log](Context& context) {
    const auto repository = open_repository(context);
    train::RunEntry run;
    if (name->empty()) {
      const auto runs = train::list_runs(*repository, 0);
      if (runs.empty()) throw input_error("there are no runs yet", "mlops train run makes the first");
      run = runs.front();
    } else {
      run = train::find_run(*repository, *name);
    }
    if (!log->empty()) {
      show_log(context.out, *repository, run, *log);
    } else if (context.out.json()) {
      Json value = run.body;
      value["record"] = run.id.hex();
      context.out.value(value);
    } else {
      show(context.out, *repository, run);
    }
    return k_exit_done;
  };
}

}  // namespace mlops
