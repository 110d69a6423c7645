#include "problem/check.h"

#include <fmt/format.h>

#include "base/text.h"

namespace mlops::problem {
namespace {

std::string age(Micros duration) {
  constexpr Micros k_minute = 60'000'000;
  if (duration < k_minute) return "less than a minute";
  if (duration < 60 * k_minute) return fmt::format("{} min", duration / k_minute);
  if (duration < 48 * 60 * k_minute) return fmt::format("{} h", duration / (60 * k_minute));
  return fmt::format("{} days", duration / (24 * 60 * k_minute));
}

Finding goal(const Charter& charter) {
  if (charter.goal.empty()) return {"goal", Answer::no, "it is not written yet: what shall be better, and for whom?"};
  return {"goal", Answer::yes, charter.goal};
}

Finding source(const SourceFact& fact) {
  const std::string item = "source " + fact.path;
  if (!fact.version.empty())
    return {item, Answer::yes,
            fmt::format("versioned, {}{}", fact.version,
                        fact.exists ? "" : " (not here: mlops data checkout " + fact.path + ")")};
  if (fact.exists) return {item, Answer::no, "it is here but not versioned: mlops data add " + fact.path};
  return {item, Answer::no, "there is no such path"};
}

std::string values_problem(const Charter& charter, const TargetFact& fact) {
  if (fact.nulls == fact.rows) return "it has no value at all";
  if (charter.task == Task::binary_classification && fact.distinct != 2)
    return fmt::format("it has {} different values, and a binary classification needs two", fact.distinct);
  if (charter.task == Task::multiclass_classification && fact.distinct < 2) return "it has one value only";
  if ((charter.task == Task::regression || charter.task == Task::forecasting) && !fact.numeric)
    return "its values are no numbers";
  if (!charter.positive.empty() && !fact.has_positive)
    return fmt::format("the positive value \"{}\" never occurs in it", charter.positive);
  return {};
}

Finding target(const Charter& charter, const TargetFact& fact) {
  if (charter.target.empty())
    return {"target", Answer::no, fmt::format("a {} needs a column to predict", to_text(charter.task))};
  const std::string item = "target " + charter.target;
  if (fact.tables == 0)
    return {item, Answer::unknown, fact.problem.empty() ? "no table was found among the sources" : fact.problem};
  if (fact.table.empty()) {
    const std::string near = nearest(charter.target, fact.others);
    return {item, Answer::no,
            fmt::format("none of {} tables has that column{}", fact.tables,
                        near.empty() ? "" : "; there is \"" + near + "\"")};
  }
  if (const std::string problem = values_problem(charter, fact); !problem.empty())
    return {item, Answer::no, fmt::format("{}: {}", fact.table, problem)};
  return {
      item, Answer::yes,
      fmt::format("{}: {} different values in {} rows{}", fact.table, show_count(fact.distinct), show_count(fact.rows),
                  fact.nulls == 0 ? "" : fmt::format(", {} without one", show_count(fact.nulls)))};
}

std::vector<std::string> names(const MetricsFact& fact) {
  std::vector<std::string> out;
  for (const auto& [name, value] : fact.values) out.push_back(name);
  return out;
}

Finding produced(const Metric& metric, const Facts& facts) {
  const std::string item = "metric " + metric.name;
  const auto& fact = facts.run ? facts.run : facts.files;
  if (fact && fact->values.contains(metric.name)) return {item, Answer::yes, "measured by " + fact->from};
  if (fact) {
    const auto there = names(*fact);
    const std::string near = nearest(metric.name, there);
    return {item, Answer::no,
            fmt::format("{} measured no such thing{}", fact->from,
                        !near.empty()   ? "; there is \"" + near + "\""
                        : there.empty() ? ""
                                        : "; there is: " + join(there, ", "))};
  }
  if (!facts.pipeline) return {item, Answer::unknown, "there is no mlops.yaml yet, whose runs would measure it"};
  if (facts.metrics_files.empty()) return {item, Answer::no, "no stage of mlops.yaml names a metrics file"};
  return {item, Answer::unknown, "nothing ran yet: mlops train run writes " + join(facts.metrics_files, ", ")};
}

Finding met(const Metric& metric, const Facts& facts, const std::string& alias) {
  const auto& fact = facts.production ? facts.production : facts.run;
  if (!fact) return {metric.text(), Answer::unknown, "there is no finished run and no model at @" + alias + " yet"};
  const auto found = fact->values.find(metric.name);
  if (found == fact->values.end()) return {metric.text(), Answer::unknown, fact->from + " has no such metric"};
  return {metric.text(), metric.meets(found->second) ? Answer::yes : Answer::no,
          fmt::format("{} of {}", show_double(found->second), fact->from)};
}

Finding data_age(Micros limit, const Facts& facts) {
  const std::string item = fmt::format("data at most {} old", show_target(limit));
  const SourceFact* newest = nullptr;
  for (const auto& fact : facts.sources)
    if (fact.changed && (newest == nullptr || *fact.changed > *newest->changed)) newest = &fact;
  if (newest == nullptr) return {item, Answer::unknown, "none of the sources is here"};
  const Micros old = facts.now - *newest->changed;
  return {item, old <= limit ? Answer::yes : Answer::no, fmt::format("{} changed {} ago", newest->path, age(old))};
}

Finding model_age(Micros limit, const Charter& charter, const Facts& facts) {
  const std::string item = fmt::format("model at most {} old", show_target(limit));
  if (!facts.production || !facts.production_time)
    return {item, Answer::unknown, fmt::format("there is no {}@{}", charter.name, charter.alias)};
  const Micros old = facts.now - *facts.production_time;
  return {item, old <= limit ? Answer::yes : Answer::no,
          fmt::format("{} was registered {} ago", facts.production->from, age(old))};
}

const AlarmFact* alarm(const Facts& facts, std::string_view name) {
  for (const auto& fact : facts.alarms)
    if (fact.alarm == name) return &fact;
  return nullptr;
}

std::string latency_text(const Latency& latency) {
  std::vector<std::string> parts;
  if (latency.p50) parts.push_back("p50 ≤ " + show_target(*latency.p50));
  if (latency.p95) parts.push_back("p95 ≤ " + show_target(*latency.p95));
  if (latency.p99) parts.push_back("p99 ≤ " + show_target(*latency.p99));
  return join(parts, ", ");
}

Finding latency(const Charter& charter, const Facts& facts) {
  const std::string item = latency_text(charter.latency);
  const AlarmFact* fact = alarm(facts, "latency");
  if (fact == nullptr) return {item, Answer::unknown, "no monitor has spoken about it yet"};
  return {item, fact->firing ? Answer::no : Answer::yes,
          fact->summary.empty() ? "the monitor's last word" : fact->summary};
}

void add_alarms(const Facts& facts, std::vector<Finding>& out) {
  for (const auto& fact : facts.alarms)
    if (fact.alarm != "latency")
      out.push_back(
          {"no " + fact.alarm + " alarm", fact.firing ? Answer::no : Answer::yes,
           fmt::format("{}{} ago", fact.summary.empty() ? "" : fact.summary + ", ", age(facts.now - fact.time))});
}

Finding retraining(const Charter& charter, const Facts& facts) {
  const auto& policy = charter.retraining;
  if (!facts.cron_problem.empty()) return {"retraining", Answer::no, facts.cron_problem};
  for (const auto& stage : policy.stages)
    if (std::find(facts.stages.begin(), facts.stages.end(), stage) == facts.stages.end()) {
      const std::string near = nearest(stage, facts.stages);
      return {
          "retraining", Answer::no,
          fmt::format("mlops.yaml has no stage \"{}\"{}", stage, near.empty() ? "" : "; there is \"" + near + "\"")};
    }
  if (policy.command.empty() && !facts.pipeline)
    return {"retraining", Answer::no, "it runs the pipeline, and there is no mlops.yaml"};
  std::vector<std::string> causes;
  for (const Cause cause : policy.on) causes.emplace_back(to_text(cause));
  return {"retraining", Answer::yes, fmt::format("on {}: {}", join(causes, ", "), join(policy.words(), " "))};
}

}  // namespace

std::string_view to_text(Answer answer) {
  return answer == Answer::yes ? "yes" : answer == Answer::no ? "no" : "unknown";
}

std::vector<Finding> check(const Charter& charter, const Facts& facts) {
  std::vector<Finding> out{goal(charter)};
  if (facts.sources.empty()) out.push_back({"sources", Answer::no, "the charter names none"});
  for (const auto& fact : facts.sources) out.push_back(source(fact));
  if (charter.supervised()) out.push_back(target(charter, facts.target));
  out.push_back(produced(charter.metric, facts));
  out.push_back(met(charter.metric, facts, charter.alias));
  for (const auto& metric : charter.secondary)
    out.push_back(metric.threshold ? met(metric, facts, charter.alias) : produced(metric, facts));
  if (charter.freshness.data) out.push_back(data_age(*charter.freshness.data, facts));
  if (charter.freshness.model) out.push_back(model_age(*charter.freshness.model, charter, facts));
  if (!latency_text(charter.latency).empty()) out.push_back(latency(charter, facts));
  add_alarms(facts, out);
  if (!charter.retraining.on.empty()) out.push_back(retraining(charter, facts));
  return out;
}

}  // namespace mlops::problem
