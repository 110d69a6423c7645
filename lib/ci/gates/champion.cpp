#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "ci/gates/gates.h"
#include "data/object_json.h"

namespace mlops::ci {
namespace {

std::optional<double> metric_of(const Json& record, const std::string& name) {
  const Json metrics = record.value("metrics", Json::object());
  const auto found = metrics.find(name);
  return found == metrics.end() || !found->is_number() ? std::nullopt : std::optional(found->get<double>());
}

// The versioned data that the stage which measured it read; where it read none, all that the run read.
std::map<std::string, Id> measured_on(const Json& run, const std::string& metric) {
  std::map<std::string, Id> own, all;
  for (const auto& stage : run.value("stages", Json::array())) {
    const bool measures = stage.value("metrics", Json::object()).contains(metric);
    for (const auto& dep : stage.value("deps", Json::array())) {
      const auto object = data::object_of(dep);
      if (!object || text_or(dep, "origin") != "data") continue;
      all[text_or(dep, "path")] = object->id;
      if (measures) own[text_or(dep, "path")] = object->id;
    }
  }
  return own.empty() ? all : own;
}

// Whether both numbers are about the same rows, in words; "" = they are.
std::string other_data(const Case& asked, const std::string& metric) {
  const Candidate champion = candidate_of(asked.repository, *asked.champion);
  if (!champion.run || !asked.candidate.run)
    return "the champion's run is not here: nobody can tell on what it was measured";
  const auto now = measured_on(asked.candidate.run->body, metric), then = measured_on(champion.run->body, metric);
  if (now.empty() && then.empty()) return {};
  for (const auto& [path, id] : now) {
    const auto before = then.find(path);
    if (before == then.end()) return "measured on other data: " + printable(path);
    if (before->second != id)
      return fmt::format("measured on other data: {} was {}, is {}", printable(path), before->second.brief(),
                         id.brief());
  }
  return now.size() == then.size() ? "" : "measured on less data than the champion";
}

bool asked_already(const Case& asked, const std::string& metric) {
  return std::any_of(asked.rules.gates.begin(), asked.rules.gates.end(), [&](const auto& gate) {
    return gate.kind == pipeline::Gate::Kind::beats_champion && gate.metric == metric;
  });
}

}  // namespace

void ask_champion(const Case& asked, Rows& rows) {
  const auto* charter = asked.charter();
  if (charter == nullptr || !charter->champion.compared || !asked.champion || asked.is_champion()) return;
  const auto& metric = charter->metric;
  if (asked_already(asked, metric.name)) return;
  const double tolerance = charter->champion.tolerance;
  Row row{"champion", fmt::format("{} no worse than {}", metric.name, asked.champion->label()), Answer::fail};
  if (tolerance > 0) row.gate += " − " + show_double(tolerance);
  row.value = metric_of(asked.candidate.version.body, metric.name);
  const auto theirs = metric_of(asked.champion->body, metric.name);
  if (!row.value || !theirs) {
    row.detail = fmt::format("{} has no such metric", row.value ? asked.champion->label() : "the candidate");
    // Nothing to compare with is no reason to keep what is worse known.
    if (row.value) row.answer = Answer::note;
  } else {
    const double gain = metric.direction == problem::Direction::maximize ? *row.value - *theirs : *theirs - *row.value;
    row.answer = gain >= -tolerance ? Answer::pass : Answer::fail;
    row.detail = fmt::format("{} → {} ({:+.4g})", show_double(*theirs), show_double(*row.value), *row.value - *theirs);
    if (const std::string other = other_data(asked, metric.name); !other.empty()) row.detail += "; " + other;
  }
  rows.push_back(std::move(row));
}

}  // namespace mlops::ci
