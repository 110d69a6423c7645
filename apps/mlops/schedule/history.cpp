#include "schedule/history.h"
#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "schedule/definition.h"
#include "schedule/job.h"
#include "show_schedule.h"

namespace mlops {
namespace {

struct Options {
  std::string name, status, log;
  std::size_t limit = 30;
};

void print(Output& out, const std::vector<meta::Job>& jobs) {
  Table table{
      {{"job"}, {"schedule"}, {"status"}, {"created"}, {"took", true}, {"cause", false, 1}, {"command", false, 2}}, {}};
  for (const auto& job : jobs) {
    const Micros wall = integer_or(job.body, "wall_us", -1);
    table.rows.push_back({job.id.substr(0, 12), Text(job.schedule, Style::bold), status_text(job),
                          to_local(job.created, now_micros()), wall < 0 ? "—" : show_duration(wall),
                          text_or(job.body, "trigger"), command_text(job.body.value("command", Json::array()))});
  }
  out.table(table);
}

void check_name(data::Repository& repository, const std::string& name, const std::vector<meta::Job>& jobs) {
  if (!name.empty() && jobs.empty())
    schedule::find(repository, name);  // an unknown one is an error; one that never ran is not
}

}  // namespace

Run define_schedule_history(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("NAME", options->name, "only of this schedule");
  app.add_option("-n,--limit", options->limit, "at most so many, the newest (default 30, 0 = all)")->type_name("N");
  app.add_option(
         "--status", options->status,
         "only those: finished, failed, timed-out, interrupted, killed, skipped, merged, removed, waiting, running")
      ->type_name("STATUS");
  app.add_option("--log", options->log, "what this job printed")->type_name("JOB");
  return [options](Context& context) {
    const auto repository = open_repository(context);
    schedule::settle(*repository);
    if (!options->log.empty()) {
      context.out.raw(schedule::job_log(*repository, schedule::find_job(*repository, options->log)));
      return k_exit_done;
    }
    const auto jobs = schedule::history(*repository, options->name, options->status, options->limit);
    check_name(*repository, options->name, jobs);
    if (context.out.json()) {
      Json list = Json::array();
      for (const auto& job : jobs) list.push_back(job_json(job));
      context.out.value(list);
    } else if (jobs.empty()) {
      context.out.note("no jobs yet");
    } else {
      print(context.out, jobs);
    }
    return k_exit_done;
  };
}

}  // namespace mlops
