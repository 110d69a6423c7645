#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "data/repository.h"
#include "train/runs.h"

namespace mlops {
namespace {

struct Options {
  std::string status, experiment;
  std::size_t limit = 0;
  bool ids = false;
};

Style style_of(const std::string& status) { return status == "finished" ? Style::good : Style::bad; }

std::string number(const Json& value) {
  return value.is_number_float() ? fmt::format("{:.4g}", value.get<double>())
         : value.is_string()     ? value.get<std::string>()
                                 : value.dump();
}

// Metrics first, those that most runs have in front; of the parameters those in which the runs differ (autologging
// notes dozens that are the same everywhere).
std::vector<std::pair<const char*, std::string>> value_columns(const std::vector<train::RunEntry>& runs) {
  std::vector<std::pair<const char*, std::string>> out;
  for (const char* group : {"metrics", "params"}) {
    const bool differing = std::string_view(group) == "params" && runs.size() > 1;
    std::map<std::string, std::pair<std::size_t, std::set<std::string>>> names;  // runs that have it, its values
    for (const auto& run : runs) {
      const Json values = run.body.value(group, Json::object());
      for (const auto& [key, value] : values.items()) {
        ++names[key].first;
        names[key].second.insert(value.dump());
      }
    }
    std::vector<std::pair<std::size_t, std::string>> order;
    for (const auto& [name, seen] : names)
      if (!differing || seen.second.size() > 1) order.emplace_back(runs.size() - seen.first, name);
    std::sort(order.begin(), order.end());
    for (const auto& [without, name] : order) out.emplace_back(group, name);
  }
  return out;
}

Table table_of(const std::vector<train::RunEntry>& runs) {
  Table table{{{"run"}, {"status"}, {"ended"}, {"name", false, 1}}, {}};
  const auto columns = value_columns(runs);
  int priority = 2;
  for (const auto& [group, name] : columns) table.columns.push_back({name, true, priority++});
  const Micros now = now_micros();
  for (const auto& run : runs) {
    const std::string status = text_or(run.body, "status");
    std::vector<Text> row{run.run_id.substr(0, 12), Text(status, style_of(status)), to_local(run.time, now),
                          text_or(run.body, "name")};
    for (const auto& [group, name] : columns) {
      const Json values = run.body.value(group, Json::object());
      row.emplace_back(values.contains(name) ? number(values[name]) : "");
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

Run define_train_list(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("--status", options->status, "only finished, failed, interrupted or killed runs")
      ->type_name("STATUS")
      ->check(CLI::IsMember({"finished", "failed", "interrupted", "killed"}));
  app.add_option("--experiment", options->experiment, "only runs of this experiment")->type_name("NAME");
  app.add_option("-n,--limit", options->limit, "at most so many, the newest")->type_name("N");
  app.add_flag("--ids", options->ids, "only the run ids, one a line");
  return [options](Context& context) {
    const auto repository = open_repository(context);
    auto runs = train::list_runs(*repository);
    std::erase_if(runs, [&](const train::RunEntry& run) {
      return (!options->status.empty() && text_or(run.body, "status") != options->status) ||
             (!options->experiment.empty() && text_or(run.body, "experiment") != options->experiment);
    });
    if (options->limit > 0 && runs.size() > options->limit) runs.resize(options->limit);
    if (options->ids) {
      for (const auto& run : runs) context.out.answer(run.run_id);
    } else if (context.out.json()) {
      Json list = Json::array();
      for (const auto& run : runs)
        list.push_back({{"run_id", run.run_id},
                        {"record", run.id.hex()},
                        {"status", run.body["status"]},
                        {"name", text_or(run.body, "name")},
                        {"experiment", text_or(run.body, "experiment")},
                        {"started", text_or(run.body, "started")},
                        {"ended", text_or(run.body, "ended")},
                        {"metrics", run.body.value("metrics", Json::object())},
                        {"params", run.body.value("params", Json::object())}});
      context.out.value(list);
    } else if (runs.empty()) {
      context.out.note("no runs yet: mlops train run makes the first");
    } else {
      context.out.table(table_of(runs));
    }
    return k_exit_done;
  };
}

}  // namespace mlops
