#include <fmt/format.h>

#include "base/text.h"
#include "register/models.h"

namespace mlops::registry {
namespace {

using pipeline::Gate;

std::optional<double> metric(const ModelVersion& version, const std::string& name) {
  const Json metrics = version.body.value("metrics", Json::object());
  const auto found = metrics.find(name);
  if (found == metrics.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::string no_metric(const ModelVersion& version) {
  if (!version.body.contains("run") && !version.body.contains("run_id"))
    return version.label() + " was not made by a run, so it has no metrics";
  std::vector<std::string> known;
  const Json metrics = version.body.value("metrics", Json::object());
  for (const auto& [key, value] : metrics.items()) known.push_back(key);
  return fmt::format("no such metric (there is: {})", known.empty() ? "none" : join(known, ", "));
}

GateResult limit_gate(const Gate& gate, const ModelVersion& candidate) {
  const bool least = gate.kind == Gate::Kind::at_least;
  GateResult out{fmt::format("{} {} {}", gate.metric, least ? "≥" : "≤", show_double(gate.limit)),
                 metric(candidate, gate.metric), false, ""};
  if (!out.value)
    out.detail = no_metric(candidate);
  else
    out.pass = least ? *out.value >= gate.limit : *out.value <= gate.limit;  // NaN passes neither
  return out;
}

GateResult champion_gate(const Gate& gate, const ModelVersion& candidate, const std::optional<ModelVersion>& champion) {
  GateResult out{"", metric(candidate, gate.metric), false, ""};
  if (!champion || champion->number == candidate.number) {
    out.text = fmt::format("{} beats the champion", gate.metric);
    out.pass = true;
    out.detail = champion ? "it is the champion itself" : "there is no champion yet";
    return out;
  }
  out.text = fmt::format("{} beats {}{}", gate.metric, champion->label(),
                         gate.limit > 0 ? " by " + show_double(gate.limit) : "");
  const auto theirs = metric(*champion, gate.metric);
  if (!out.value || !theirs) {
    out.detail = no_metric(out.value ? *champion : candidate);
    return out;
  }
  const double gain = gate.higher_is_better ? *out.value - *theirs : *theirs - *out.value;
  out.pass = gate.limit > 0 ? gain >= gate.limit : gain > 0;
  out.detail = fmt::format("{:+.4g}", *out.value - *theirs);
  return out;
}

}  // namespace

std::vector<GateResult> judge(const std::vector<Gate>& gates, const ModelVersion& candidate,
                              const std::optional<ModelVersion>& champion) {
  std::vector<GateResult> out;
  for (const auto& gate : gates)
    out.push_back(gate.kind == Gate::Kind::beats_champion ? champion_gate(gate, candidate, champion)
                                                          : limit_gate(gate, candidate));
  return out;
}

}  // namespace mlops::registry
