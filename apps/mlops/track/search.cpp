#include "track/search.h"
#include "base/text.h"
#include "commands.h"

namespace mlops {
namespace {

struct Options {
  track::SearchOptions search;
  std::vector<std::string> fields;
  bool count = false;
};

Json values_json(const std::vector<meta::KeyValue>& values) {
  Json out = Json::object();
  for (const auto& value : values) out[value.key] = value.value;
  return out;
}

Json to_json(const track::FoundRun& run, const std::vector<std::string>& fields) {
  const auto& head = run.view.head;
  Json out{{"run_id", head.id}};
  if (!fields.empty()) {
    for (const auto& field : fields) out[field] = track::field_text(run, field);
    return out;
  }
  out.update({{"name", head.name},
              {"experiment", run.experiment},
              {"status", head.status},
              {"started", to_utc(head.started * 1000)}});
  if (head.ended) out["ended"] = to_utc(*head.ended * 1000);
  out["metrics"] = Json::object();
  for (const auto& point : run.view.metrics) out["metrics"][point.key] = point.value;
  out["params"] = values_json(run.view.params);
  out["tags"] = values_json(run.view.tags);
  return out;
}

// Of all runs: metrics first.
std::vector<std::string> all_fields(const std::vector<track::FoundRun>& runs) {
  std::set<std::string> metrics, params;
  for (const auto& run : runs) {
    for (const auto& point : run.view.metrics) metrics.insert("metrics.`" + point.key + "`");
    for (const auto& param : run.view.params) params.insert("params.`" + param.key + "`");
  }
  std::vector<std::string> out(metrics.begin(), metrics.end());
  out.insert(out.end(), params.begin(), params.end());
  return out;
}

std::string header_of(std::string field) {
  std::erase(field, '`');
  return field.substr(field.find('.') + 1);
}

Table table_of(const std::vector<track::FoundRun>& runs, const std::vector<std::string>& chosen) {
  Table table{{{"run"}}, {}};
  if (chosen.empty()) table.columns.insert(table.columns.end(), {{"status"}, {"started"}, {"name", false, 1}});
  const auto fields = chosen.empty() ? all_fields(runs) : chosen;
  int priority = 2;
  for (const auto& field : fields) table.columns.push_back({header_of(field), true, priority++});
  const Micros now = now_micros();
  for (const auto& run : runs) {
    const auto& head = run.view.head;
    std::vector<Text> row{head.id.substr(0, 12)};
    if (chosen.empty())
      row.insert(row.end(), {Text(head.status), Text(to_local(head.started * 1000, now)), Text(head.name)});
    for (const auto& field : fields) row.emplace_back(track::field_text(run, field));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

Run define_track_search(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto& search = options->search;
  app.add_option("FILTER", search.filter, "which runs; none: all");
  app.add_option("--experiment", search.experiments, "only of this experiment; may be given again")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--order-by", search.order_by, "KEY [ASC|DESC]; may be given again (the newest first)")
      ->type_name("KEY")
      ->allow_extra_args(false);
  app.add_option("--fields", options->fields, "columns: metrics.auc,params.lr,tags.x,status")
      ->type_name("KEYS")
      ->delimiter(',');
  app.add_option("-n,--limit", search.limit, "at most so many (1000)")->type_name("N")->check(CLI::PositiveNumber);
  app.add_flag("--count", options->count, "only how many");
  app.add_flag("--deleted", search.deleted, "the deleted runs instead");
  return [options](Context& context) {
    const auto repository = open_repository(context);
    if (options->count) {
      const auto count = track::count_runs(*repository, options->search);
      if (context.out.json())
        context.out.value({{"count", count}});
      else
        context.out.answer(std::to_string(count));
      return k_exit_done;
    }
    const auto runs = track::search_runs(*repository, options->search);
    if (context.out.json()) {
      Json list = Json::array();
      for (const auto& run : runs) list.push_back(to_json(run, options->fields));
      context.out.value(list);
    } else if (runs.empty()) {
      context.out.note("no run is like that");
    } else {
      context.out.table(table_of(runs, options->fields));
    }
    return k_exit_done;
  };
}

}  // namespace mlops
