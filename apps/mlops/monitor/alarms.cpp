#include "monitor/alarms.h"

#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "meta/deliveries.h"
#include "register/models.h"

namespace mlops {
namespace {

struct Options {
  std::string model;
  bool all = false, exit_code = false;
};

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json to_json(const monitor::Alarm& alarm) {
  return {
      {"model", alarm.model},         {"kind", alarm.kind},           {"state", alarm.firing ? "firing" : "resolved"},
      {"since", to_utc(alarm.since)}, {"value", number(alarm.value)}, {"limit", number(alarm.limit)},
      {"text", to_utf8(alarm.text)},  {"window", alarm.window.hex()}, {"event", alarm.event.hex()}};
}

Json to_json(const meta::Delivery& delivery) {
  return {{"key", delivery.key},           {"target", delivery.target},     {"state", delivery.state},
          {"attempts", delivery.attempts}, {"made", to_utc(delivery.made)}, {"problem", to_utf8(delivery.problem)}};
}

std::string brief(const std::optional<double>& value) { return value ? fmt::format("{:.3g}", *value) : "—"; }

void print(Output& out, const std::vector<monitor::Alarm>& alarms) {
  Table table{{{"model"}, {"alarm"}, {"state"}, {"since"}, {"value", true, 2}, {"limit", true, 3}, {"", false, 1}}, {}};
  for (const auto& alarm : alarms)
    table.rows.push_back({Text(alarm.model, Style::bold), Text(alarm.kind),
                          alarm.firing ? Text("firing", Style::bad) : Text("resolved", Style::good),
                          Text(to_local(alarm.since, now_micros())), Text(brief(alarm.value)), Text(brief(alarm.limit)),
                          Text(alarm.text)});
  out.table(table);
}

// Which notifications are still on their way, or were lost.
std::vector<meta::Delivery> undelivered(meta::Database& database) {
  auto out = meta::deliveries(database, "pending");
  for (auto& lost : meta::deliveries(database, "given up")) out.push_back(std::move(lost));
  return out;
}

}  // namespace

Run define_monitor_alarms(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("MODEL", options->model, "only this model's");
  app.add_flag("--all", options->all, "also those that are over");
  app.add_flag("--exit-code", options->exit_code, "exit code 1 when one fires");
  return [options](Context& context) {
    Output& out = context.out;
    const auto repository = open_repository(context);
    const std::string model =
        options->model.empty() ? std::string() : registry::resolve(*repository, options->model).name;
    std::vector<monitor::Alarm> shown;
    bool fires = false;
    for (auto& alarm : monitor::alarms(repository->database(), model)) {
      fires = fires || alarm.firing;
      if (alarm.firing || options->all) shown.push_back(std::move(alarm));
    }
    const auto waiting = undelivered(repository->database());
    if (out.json()) {
      Json list = Json::array(), undelivered_list = Json::array();
      for (const auto& alarm : shown) list.push_back(to_json(alarm));
      for (const auto& delivery : waiting) undelivered_list.push_back(to_json(delivery));
      out.value({{"firing", fires}, {"alarms", list}, {"undelivered", undelivered_list}});
    } else {
      if (!shown.empty() && !out.quiet()) print(out, shown);
      if (shown.empty()) out.line("no alarm fires");
      for (const auto& delivery : waiting)
        out.note(fmt::format("\"{}\" was not told yet ({} attempts): {}", delivery.target, delivery.attempts,
                             delivery.problem.empty() ? "not tried" : delivery.problem));
    }
    return fires && options->exit_code ? k_exit_no : k_exit_done;
  };
}

}  // namespace mlops
