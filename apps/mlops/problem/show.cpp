#include "base/text.h"
#include "commands.h"
#include "problem/charter.h"

namespace mlops {
namespace {

void line(Output& out, const char* name, const std::string& value) {
  if (!value.empty()) out.answer(Text(fmt::format("{:<12}", name), Style::dim) + Text(value));
}

template <class Part>
void add(std::vector<std::string>& parts, const char* form, const std::optional<Part>& value) {
  if (value) parts.push_back(fmt::format(fmt::runtime(form), problem::show_target(*value)));
}

std::string latency(const problem::Charter& charter) {
  std::vector<std::string> parts;
  add(parts, "p50 ≤ {}", charter.latency.p50);
  add(parts, "p95 ≤ {}", charter.latency.p95);
  add(parts, "p99 ≤ {}", charter.latency.p99);
  return join(parts, ", ");
}

std::string freshness(const problem::Charter& charter) {
  std::vector<std::string> parts;
  add(parts, "data at most {} old", charter.freshness.data);
  add(parts, "model at most {} old", charter.freshness.model);
  return join(parts, ", ");
}

std::string drift(const problem::Charter& charter) {
  std::vector<std::string> parts;
  if (charter.drift.share) parts.push_back(fmt::format("{:g} % of the columns", 100 * *charter.drift.share));
  if (!charter.drift.tests.empty()) parts.push_back("by " + join(charter.drift.tests, ", "));
  if (charter.drift.minimum_rows) parts.push_back(fmt::format("from {} rows on", *charter.drift.minimum_rows));
  return join(parts, ", ");
}

std::string retraining(const problem::Retraining& policy) {
  if (policy.on.empty()) return {};
  std::vector<std::string> causes;
  for (const auto cause : policy.on)
    causes.push_back(std::string(problem::to_text(cause)) +
                     (cause == problem::Cause::schedule
                          ? fmt::format(" ({}{})", policy.cron, policy.zone.empty() ? "" : " " + policy.zone)
                          : ""));
  return fmt::format(
      "on {}: {}{}", join(causes, ", "), join(policy.words(), " "),
      policy.cooldown > 0 ? ", not sooner than " + problem::show_target(policy.cooldown) + " after the last" : "");
}

void show(Output& out, const problem::Charter& charter) {
  std::vector<std::string> secondary;
  for (const auto& metric : charter.secondary) secondary.push_back(metric.text());
  line(out, "model", charter.name + "@" + charter.alias);
  line(out, "goal", charter.goal);
  line(out, "task", std::string(problem::to_text(charter.task)));
  line(out, "target", charter.target + (charter.positive.empty() ? "" : " (positive: " + charter.positive + ")"));
  line(out, "prediction", charter.prediction);
  line(out, "sources", join(charter.sources, ", "));
  line(out, "metric", charter.metric.text());
  line(out, "secondary", join(secondary, ", "));
  line(out, "latency", latency(charter));
  if (charter.errors) line(out, "errors", fmt::format("at most {:g} % of the requests", 100 * *charter.errors));
  line(out, "freshness", freshness(charter));
  line(out, "drift", drift(charter));
  line(out, "retraining", retraining(charter.retraining));
}

}  // namespace

Run define_problem_show(CLI::App&) {
  return [](Context& context) {
    const auto repository = open_repository(context);
    const auto charter = problem::read_charter(*repository);
    if (context.out.json())
      context.out.value(problem::to_json(charter));
    else
      show(context.out, charter);
    return k_exit_done;
  };
}

}  // namespace mlops
