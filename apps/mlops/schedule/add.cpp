#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "schedule/planner.h"
#include "schedule/setup.h"
#include "show_schedule.h"

namespace mlops {
namespace {

struct Options {
  std::string name;
  std::vector<std::string> command, cron, every, on;
  std::string zone, overlap = "wait", catch_up = "last", timeout, cooldown, retry_wait;
  int retries = 0;
  bool charter = false, dry_run = false;
};

Micros duration(const std::string& text, const char* option) {
  const auto out = parse_duration(text);
  if (!out || *out <= 0)
    throw usage_error(fmt::format("\"{}\" is not a duration ({})", printable(text), option),
                      "write 90s, 15m, 12h or 7d");
  return *out;
}

std::vector<schedule::Trigger> triggers(const Options& options) {
  std::vector<schedule::Trigger> out;
  for (const auto& cron : options.cron) out.push_back({schedule::Trigger::Kind::cron, cron, options.zone, 0, ""});
  for (const auto& every : options.every)
    out.push_back({schedule::Trigger::Kind::interval, "", "", duration(every, "--every"), ""});
  for (const auto& on : options.on) out.push_back(schedule::parse_event_trigger(on));
  return out;
}

void check(const Options& options) {
  if (!options.zone.empty() && options.cron.empty()) throw usage_error("--zone is the zone of --cron");
  if (options.charter && (!options.cron.empty() || !options.every.empty() || !options.on.empty() ||
                          !options.command.empty() || !options.cooldown.empty()))
    throw usage_error("--charter takes times, events, command and cooldown from problem.yaml", "leave the others away");
}

schedule::Definition definition_of(const Options& options) {
  check(options);
  schedule::Definition out;
  out.name = options.name;
  out.command = options.command;
  out.charter = options.charter;
  out.triggers = triggers(options);
  const auto overlap = schedule::parse_overlap(options.overlap);
  if (!overlap) throw usage_error("\"" + printable(options.overlap) + "\" is no --overlap", "wait, skip or allow");
  const auto catch_up = schedule::parse_catch_up(options.catch_up);
  if (!catch_up)
    throw usage_error("\"" + printable(options.catch_up) + "\" is no --catch-up", "none, last, all or all:20");
  out.overlap = *overlap;
  out.catch_up = *catch_up;
  out.retries = options.retries;
  if (!options.timeout.empty()) out.timeout = duration(options.timeout, "--timeout");
  if (!options.cooldown.empty()) out.cooldown = duration(options.cooldown, "--cooldown");
  if (!options.retry_wait.empty()) out.retry_wait = duration(options.retry_wait, "--retry-wait");
  return out;
}

std::vector<Micros> next_times(const schedule::Definition& definition, std::size_t count) {
  std::vector<Micros> out;
  for (auto at = schedule::next_time(definition, now_micros()); at && out.size() < count;
       at = schedule::next_time(definition, *at))
    out.push_back(*at);
  return out;
}

void show(Output& out, const schedule::Definition& definition, const schedule::Definition& meant, bool added) {
  const auto next = next_times(meant, added ? 1 : 10);
  if (out.json()) {
    Json value = definition_json(meant);
    value["added"] = added ? Json(to_utc(definition.added)) : Json();
    value["next"] = Json::array();
    for (const Micros at : next) value["next"].push_back(to_utc(at));
    out.value(value);
    return;
  }
  out.line(Text(definition.name, Style::bold) +
           Text("  " + triggers_text(meant) + " → " + command_text(meant.command)));
  for (const Micros at : next) out.line(Text((added ? "next: " : "") + clock_text(at)));
  if (added) out.note("mlops schedule run starts what is due, as long as it runs");
}

}  // namespace

Run define_schedule_add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("NAME", options->name, "what to call it")->required();
  app.add_option("COMMAND", options->command, "behind --: the program and its arguments; no shell reads them");
  app.add_option("--cron", options->cron, "minute hour day month weekday, or @hourly @daily @weekly @monthly")
      ->type_name("EXPRESSION")
      ->allow_extra_args(false);
  app.add_option("--zone", options->zone, "the time zone of --cron (the machine's)")->type_name("ZONE");
  app.add_option("--every", options->every, "an interval: 90s, 15m, 12h, 7d")
      ->type_name("TIME")
      ->allow_extra_args(false);
  app.add_option("--on", options->on,
                 "an event: data:PATH, alias:MODEL@ALIAS, drift:MODEL, performance:MODEL, alarm:MODEL/KIND")
      ->type_name("EVENT")
      ->allow_extra_args(false);
  app.add_flag("--charter", options->charter, "the retraining that problem.yaml describes, also as it changes");
  app.add_option("--overlap", options->overlap, "while a job of it runs, the next one: wait (default), skip, allow")
      ->type_name("POLICY");
  app.add_option("--catch-up", options->catch_up,
                 "of times that passed while nobody looked: none, last (default), all, all:N")
      ->type_name("POLICY");
  app.add_option("--cooldown", options->cooldown, "no start sooner than this after the last one")->type_name("TIME");
  app.add_option("--timeout", options->timeout, "ends an attempt that takes longer")->type_name("TIME");
  app.add_option("--retries", options->retries, "further attempts after one that failed (0)")
      ->type_name("N")
      ->check(CLI::Range(0, 100));
  app.add_option("--retry-wait", options->retry_wait, "between attempts (1m)")->type_name("TIME");
  app.add_flag("-n,--dry-run", options->dry_run, "list the next 10 times and change nothing");
  return [options](Context& context) {
    const auto repository = open_repository(context);
    auto definition = definition_of(*options);
    if (options->dry_run)
      schedule::check(*repository, definition);
    else
      definition = schedule::add(*repository, definition);
    show(context.out, definition, schedule::resolve(*repository, definition), !options->dry_run);
    return k_exit_done;
  };
}

}  // namespace mlops
