#include "ci/rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "pipeline/run.h"

namespace mlops::ci {
namespace {

pipeline::Gate threshold_of(const problem::Metric& metric) {
  const bool most = metric.direction == problem::Direction::maximize;
  return {
      metric.name, most ? pipeline::Gate::Kind::at_least : pipeline::Gate::Kind::at_most, *metric.threshold, most, {}};
}

bool equal(const pipeline::Gate& a, const pipeline::Gate& b) {
  return a.metric == b.metric && a.kind == b.kind && a.limit == b.limit;
}

std::vector<std::string> protected_in(const std::string& text, const std::string& name) {
  const YamlNode root = parse_yaml(text, name);
  const YamlNode* ci = root.is_map() ? root.find("ci") : nullptr;
  const YamlNode* list = ci != nullptr && ci->is_map() ? ci->find("protected") : nullptr;
  std::vector<std::string> out;
  if (list == nullptr || list->is_null()) return out;
  if (!list->is_sequence())
    throw yaml_error(*list, text, name, "\"ci.protected\" must be a list of paths", "[evaluate.py, schemas]");
  for (const auto& item : list->items) {
    if (!item.is_scalar() || item.text.empty())
      throw yaml_error(item, text, name, "\"ci.protected\" must be a list of paths");
    out.push_back(item.text);
  }
  return out;
}

}  // namespace

Rules rules_of(const Revision& revision) {
  Rules out;
  out.origin = revision.label();
  const auto named = [&](const char* file) { return printable(revision.name()) + ":" + file; };
  if (const auto text = revision.read(problem::k_charter_file))
    out.charter = problem::parse_charter(*text, named(problem::k_charter_file));
  if (const auto definition = revision.definition()) out.gates = definition->gates;
  if (const auto text = revision.read(".mlops/config.yaml"))
    out.protected_paths = protected_in(*text, named(".mlops/config.yaml"));
  return out;
}

Rules rules_for(const Revision& target, const Revision& head) {
  Rules out = rules_of(target);
  if (target.commit().id == head.commit().id || (out.charter && !out.gates.empty())) return out;
  const auto note = [&](const char* what) {
    out.notes.push_back(
        fmt::format("{} has no {} yet: what this branch brings is asked, and has to be reviewed", out.origin, what));
  };
  const bool pipeline_is_new = !target.read("mlops.yaml");
  if (out.charter && !pipeline_is_new) return out;
  Rules own = rules_of(head);
  if (!out.charter && own.charter) {
    out.charter = std::move(own.charter);
    note(problem::k_charter_file);
  }
  if (pipeline_is_new && !own.gates.empty()) {
    out.gates = std::move(own.gates);
    note("gates in mlops.yaml");
  }
  return out;
}

Rules rules_here(const data::Repository& repository) {
  Rules out;
  out.origin = "the work tree";
  out.charter = problem::find_charter(repository);
  if (fs::exists(repository.root() / "mlops.yaml")) out.gates = pipeline::read_definition(repository).gates;
  return out;
}

std::vector<pipeline::Gate> metric_gates(const Rules& rules, const std::string& model) {
  std::vector<pipeline::Gate> out;
  const auto add = [&](const pipeline::Gate& gate) {
    if (std::none_of(out.begin(), out.end(), [&](const auto& other) { return equal(gate, other); }))
      out.push_back(gate);
  };
  if (rules.charter && rules.charter->name == model) {
    auto metrics = rules.charter->secondary;
    metrics.insert(metrics.begin(), rules.charter->metric);
    for (const auto& metric : metrics)
      if (metric.threshold) add(threshold_of(metric));
  }
  for (const auto& gate : rules.gates) add(gate);
  return out;
}

}  // namespace mlops::ci
