#include "schedule/setup.h"

#include "base/text.h"
#include "base/time.h"
#include "meta/jobs.h"
#include "schedule/cron.h"
#include "schedule/planner.h"
#include "schedule/record.h"

namespace mlops::schedule {
namespace {

void check_trigger(const data::Repository& repository, const Trigger& trigger, bool charter) {
  if (trigger.kind == Trigger::Kind::interval && trigger.every < 1'000'000)
    throw usage_error("an interval is at least a second");
  if (trigger.kind == Trigger::Kind::cron && !Cron::parse(trigger.cron).next(now_micros(), Zone::find(trigger.zone)))
    throw input_error("\"" + printable(trigger.cron) + "\" never comes", "is there such a day in that month?");
  if (trigger.kind == Trigger::Kind::data && !charter && data_version(repository, trigger.subject).empty())
    throw input_error("\"" + printable(trigger.subject) + "\" is not versioned by mlops",
                      "mlops data add " + printable(trigger.subject));
}

}  // namespace

void check(data::Repository& repository, const Definition& definition) {
  check_name(definition.name);
  const Definition meant = resolve(repository, definition);
  if (meant.triggers.empty())
    throw usage_error("the schedule \"" + definition.name + "\" has nothing to start it",
                      "--cron '0 3 * * 1', --every 1h or --on data:PATH");
  if (meant.command.empty() || meant.command.front().empty())
    throw usage_error("the schedule \"" + definition.name + "\" has no command",
                      "put it behind --: mlops schedule add nightly --cron @daily -- mlops train run");
  for (const auto& trigger : meant.triggers) check_trigger(repository, trigger, definition.charter);
}

Definition add(data::Repository& repository, Definition definition) {
  check(repository, definition);
  for (const auto& trigger : resolve(repository, definition).triggers)
    if (trigger.kind == Trigger::Kind::data)
      definition.seen[trigger.subject] = data_version(repository, trigger.subject);
  meta::Jobs jobs(repository.database());
  const std::int64_t arrivals = jobs.newest_arrival();  // before the seal: an event beside it is not lost
  const Definition sealed = seal(repository, definition);
  jobs.advance(sealed.name, to_json(first_cursor(sealed, arrivals)), {});
  return sealed;
}

void remove(data::Repository& repository, const std::string& name) {
  seal_removal(repository, find(repository, name));
  meta::Jobs(repository.database()).forget(name);
}

}  // namespace mlops::schedule
