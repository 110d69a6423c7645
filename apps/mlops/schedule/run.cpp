#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "schedule/daemon.h"
#include "schedule/job.h"
#include "schedule/planner.h"
#include "schedule/setup.h"
#include "show_schedule.h"

namespace mlops {
namespace {

struct Options {
  std::string name, job;
  bool once = false;
};

// One line a happening; with --json one value.
void tell_job(Output& out, const meta::Job& job) {
  if (out.json()) {
    out.value(job_json(job));
  } else {
    const std::string status = text_or(job.body, "status");
    const bool started = status == "started";
    out.line(
        Text(job.schedule, Style::bold) + Text("  " + job.id.substr(0, 12) + "  ") +
        (started ? Text("started") : status_text(job)) +
        Text(started ? "  " + text_or(job.body, "trigger") : "  " + show_duration(integer_or(job.body, "wall_us"))));
  }
  std::fflush(stdout);
}

int run_by_hand(Context& context, data::Repository& repository, const std::string& name, const std::stop_token& stop) {
  const auto definition = schedule::resolve(repository, schedule::find(repository, name));
  const auto waiting = schedule::manual_job(definition);
  meta::Jobs(repository.database()).add(waiting);
  const bool echo = !context.out.json() && !context.out.quiet();
  const auto job = schedule::run_job(repository, waiting.id, stop, [&](std::string_view text) {
    if (echo) std::fwrite(text.data(), 1, text.size(), stderr);
  });
  if (!job) throw state_error("job " + waiting.id.substr(0, 12) + " was taken by another process");
  tell_job(context.out, *job);
  return text_or(job->body, "status") == "finished" ? k_exit_done : k_exit_no;
}

void run_daemon(Context& context, data::Repository& repository, bool once, const std::stop_token& stop) {
  Output& out = context.out;
  schedule::DaemonOptions options;
  options.once = once;
  options.on_job = [&](const meta::Job& job) { tell_job(out, job); };
  options.tell = [&](const std::string& line) { out.warning(line); };
  options.ready = [&](std::size_t schedules) {
    if (out.json())
      out.value({{"schedules", schedules}});
    else if (!once)
      out.answer(fmt::format("watching {} schedule{}", schedules, schedules == 1 ? "" : "s"));
    std::fflush(stdout);
  };
  schedule::run_daemon(repository, options, stop);
  const auto running = meta::Jobs(repository.database()).in_state("running").size();
  if (running > 0)
    out.note(fmt::format("{} job{} on without the daemon: mlops schedule history", running,
                         running == 1 ? " goes" : "s go"));
  context.ends_by_signal = true;
}

}  // namespace

Run define_schedule_run(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("NAME", options->name, "run this schedule's command once, now, and wait for it");
  app.add_flag("--once", options->once, "start what is due, wait for it, and end");
  app.add_option("--job", options->job)->group("");  // how the daemon starts the process that watches over one job
  return [options](Context& context) {
    const std::stop_token stop = interrupt_token();  // before any thread is started
    const auto repository = open_repository(context);
    if (!options->job.empty()) {
      const auto job = schedule::run_job(*repository, options->job, stop);
      context.ends_by_signal = true;
      return job && text_or(job->body, "status") != "finished" ? k_exit_no : k_exit_done;
    }
    if (!options->name.empty()) return run_by_hand(context, *repository, options->name, stop);
    run_daemon(context, *repository, options->once, stop);
    return k_exit_done;
  };
}

}  // namespace mlops
