#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "ci/gates/gates.h"
#include "ci/rematch.h"
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

// By how much the candidate is better; negative: worse.
void judge(Row& row, const problem::Charter& charter, double now, double before) {
  const double gain = charter.metric.direction == problem::Direction::maximize ? now - before : before - now;
  row.value = now;
  row.answer = gain >= -charter.champion.tolerance ? Answer::pass : Answer::fail;
  row.detail = fmt::format("{:.4g} → {:.4g} ({:+.4g})", before, now, now - before);
}

// Both are asked about the same rows.
void ask_anew(const Case& asked, Row& row) {
  try {
    const Rematch both = rematch(asked);
    judge(row, *asked.charter(), both.candidate, both.champion);
    row.detail += fmt::format("; both on {} rows of {}", both.rows, printable(both.table));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::outside) throw;
    row.detail = error.message();  // and the row stays a refusal
  }
}

void compare_runs(const Case& asked, Row& row) {
  const auto& metric = asked.charter()->metric;
  row.value = metric_of(asked.candidate.version.body, metric.name);
  const auto theirs = metric_of(asked.champion->body, metric.name);
  if (!row.value || !theirs) {
    row.detail = fmt::format("{} has no such metric", row.value ? asked.champion->label() : "the candidate");
    // Nothing to compare with is no reason to keep what is worse known.
    if (row.value) row.answer = Answer::note;
    return;
  }
  judge(row, *asked.charter(), *row.value, *theirs);
  if (const std::string other = other_data(asked, metric.name); !other.empty()) row.detail += "; " + other;
}

}  // namespace

void ask_champion(const Case& asked, Rows& rows) {
  const auto* charter = asked.charter();
  if (charter == nullptr || !charter->champion.compared || !asked.champion || asked.is_champion()) return;
  if (asked_already(asked, charter->metric.name)) return;
  const double tolerance = charter->champion.tolerance;
  Row row{"champion", fmt::format("{} no worse than {}", charter->metric.name, asked.champion->label()), Answer::fail};
  if (tolerance > 0) row.gate += " − " + show_double(tolerance);
  if (!charter->champion.on.empty() && asked.candidate.run)
    ask_anew(asked, row);
  else
    compare_runs(asked, row);
  rows.push_back(std::move(row));
}

}  // namespace mlops::ci
