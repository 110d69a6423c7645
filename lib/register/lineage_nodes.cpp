#include "register/lineage_nodes.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "data/object_json.h"

namespace mlops::registry {
namespace {

constexpr std::size_t k_params_told = 12;  // autologging notes dozens; the facts have all

std::string parameters_line(const Json& params) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : params.items())
    if (parts.size() == k_params_told) {
      parts.push_back(fmt::format("and {} more", params.size() - k_params_told));
      break;
    } else
      parts.push_back(key + " " + (value.is_string() ? value.get<std::string>() : value.dump()));
  return join(parts, ", ");
}

}  // namespace

std::string brief_id(const std::string& id) { return id.substr(0, 12); }

std::string minute_of(const std::string& time) {
  std::string out = time.substr(0, 16);
  if (out.size() > 10) out[10] = ' ';
  return out;
}

LineageNode code_node(const Json& code) {
  const std::string commit = text_or(code, "commit");
  LineageNode node{"code", "", code, {}, "code:" + commit};
  const auto changed = code.value("changed", Json::array()).size();
  if (commit.empty() && code.contains("tree")) {
    node.id = "code:" + text_or(code["tree"], "tree");
    node.title =
        fmt::format("{}  {} files, no git", brief_id(text_or(code["tree"], "tree")), integer_or(code["tree"], "files"));
    return node;
  }
  node.title =
      commit.empty() ? "no commit yet" : fmt::format("{} \"{}\"", commit.substr(0, 7), text_or(code, "subject"));
  if (changed > 0) {
    node.title += fmt::format(" + {} uncommitted file{}", changed, changed == 1 ? "" : "s");
    node.id = "code:" + text_or(code, "snapshot", commit);
  }
  if (!code.value("skipped", Json::array()).empty())
    node.title += fmt::format(", {} too large to capture", code["skipped"].size());
  return node;
}

LineageNode environment_node(const Json& environment, const std::string& run_id) {
  LineageNode node{"environment", "", environment, {}, "environment:" + run_id};
  const Json python = environment.value("python", Json());
  if (python.is_object()) {
    node.title = "python " + text_or(python, "version");
    if (python.contains("lock"))
      node.title +=
          fmt::format(", {} packages (lock {})", integer_or(python, "packages"), brief_id(text_or(python, "lock")));
    node.title += " · ";
  }
  const auto gpus = integer_or(environment, "gpus");
  node.title += fmt::format("{} cores, {} · {}", integer_or(environment, "cpus"),
                            gpus == 0 ? "no GPU" : fmt::format("{} GPUs", gpus), text_or(environment, "host"));
  return node;
}

LineageNode plain_run_node(const train::RunEntry& run, const std::string& part) {
  const Json& body = run.body;
  LineageNode node{"run",
                   fmt::format("run {}{}", brief_id(run.run_id), part.empty() ? "" : "  " + part),
                   {{"run_id", run.run_id},
                    {"record", run.id.hex()},
                    {"status", text_or(body, "status")},
                    {"author", text_or(body, "author")},
                    {"started", text_or(body, "started")},
                    {"metrics", body.value("metrics", Json::object())}},
                   {},
                   "run:" + run.run_id};
  if (part.empty())
    node.title += fmt::format(" by {}, {}", text_or(body, "author"), text_or(body, "started").substr(0, 16));
  if (const std::string name = text_or(body, "name"); !name.empty()) node.title += " (" + name + ")";
  return node;
}

// data/train.csv 83f2 → prepare → train.
std::vector<LineageNode> data_nodes(const Json& run) {
  std::map<std::string, LineageNode> nodes;
  for (const auto& stage : run.value("stages", Json::array()))
    for (const auto& dep : stage.value("deps", Json::array())) {
      if (text_or(dep, "origin") != "data") continue;
      const auto object = data::object_of(dep);
      if (!object) continue;
      auto& node = nodes[text_or(dep, "path")];
      if (node.kind.empty())
        node = {"data",
                fmt::format("{} {}  {}", text_or(dep, "path"), object->id.brief(), show_size(object->size)),
                dep,
                {},
                "data:" + object->id.hex()};
      node.title += " → " + text_or(stage, "name");
    }
  std::vector<LineageNode> out;
  for (auto& [path, node] : nodes) out.push_back(std::move(node));
  return out;
}

LineageNode parameters_node(const Json& params, const std::string& run_id) {
  return {"params", parameters_line(params), params, {}, "params:" + run_id};
}

LineageNode join_node(const meta::Entry& join) {
  std::vector<std::string> views;
  for (const auto& view : join.body.value("views", Json::array()))
    views.push_back(text_or(view, "view") + " " + brief_id(text_or(view, "hash")));
  const Json output = join.body.value("output", Json::object());
  return {"features",
          fmt::format("training set {}, {} rows of {}", text_or(output, "path"),
                      show_count(static_cast<std::uint64_t>(integer_or(join.body, "rows"))), mlops::join(views, ", ")),
          {{"record", join.id.hex()},
           {"views", join.body.value("views", Json::array())},
           {"entities", join.body.value("entities", Json())},
           {"output", output}},
          {},
          "join:" + join.id.hex()};
}

LineageNode deployment_node(const meta::Entry& deployment) {
  const Json& body = deployment.body;
  const std::string asked = text_or(body, "asked"), end = text_or(body, "end");
  std::string title =
      fmt::format("deployment of {}:{} as {} on {} ({}), {} – ", text_or(body, "model"), integer_or(body, "number"),
                  asked, text_or(body, "address"), text_or(body, "host"), minute_of(text_or(body, "from")));
  title += end.empty() ? "now" : minute_of(text_or(body, "to")) + ", " + end;
  Json facts{{"deployment", deployment.key}, {"record", deployment.id.hex()}};
  for (const char* field : {"model", "number", "model_version", "served_as", "asked", "alias", "address", "host",
                            "from", "to", "end", "next", "features"})
    if (const auto found = body.find(field); found != body.end()) facts[field] = *found;
  return {"deployment", std::move(title), std::move(facts), {}, "deployment:" + deployment.key};
}

std::optional<LineageNode> online_features_node(const meta::Entry& deployment) {
  const Json features = deployment.body.value("features", Json());
  if (!features.is_object()) return std::nullopt;
  std::vector<std::string> views;
  for (const auto& view : features.value("views", Json::array()))
    views.push_back(text_or(view, "view") + " " + brief_id(text_or(view, "hash")));
  return LineageNode{"features",
                     fmt::format("looked up by service {} {}: {}", text_or(features, "service"),
                                 brief_id(text_or(features, "hash")), join(views, ", ")),
                     features,
                     {},
                     "features:" + text_or(features, "hash", text_or(features, "service"))};
}

LineageNode alarm_node(const meta::Entry& event, const std::string& over) {
  const Json change = event.body.value("change", Json::object());
  LineageNode node{"alarm",
                   fmt::format("alarm {} fires {}: {}", event.key.substr(event.key.find(':') + 1),
                               minute_of(to_utc(event.time)), text_or(change, "text")),
                   {{"event", event.id.hex()}, {"object", event.key}, {"change", change}, {"time", to_utc(event.time)}},
                   {},
                   "alarm:" + event.id.hex()};
  if (!over.empty()) node.title += ", over " + minute_of(over), node.facts["over"] = over;
  return node;
}

LineageNode window_node(const meta::Entry& window) {
  return {
      "window",
      fmt::format("{} – {}, {} rows", minute_of(text_or(window.body, "from")), text_or(window.body, "to").substr(11, 5),
                  show_count(static_cast<std::uint64_t>(integer_or(window.body, "rows")))),
      {{"record", window.id.hex()},
       {"from", text_or(window.body, "from")},
       {"to", text_or(window.body, "to")},
       {"checks", window.body.value("checks", Json::array())}},
      {},
      "window:" + window.id.hex()};
}

LineageNode gate_node(const meta::Entry& gate) {
  std::vector<std::string> rows;
  for (const auto& row : gate.body.value("rows", Json::array())) {
    const std::string answer = text_or(row, "answer", row.value("pass", false) ? "pass" : "fail");
    rows.push_back(text_or(row, "gate") + " " + answer);
  }
  Json facts{{"record", gate.id.hex()}, {"time", to_utc(gate.time)}};
  for (const char* field : {"alias", "pass", "rows", "champion", "candidate", "head", "target", "run_id", "author"})
    if (const auto found = gate.body.find(field); found != gate.body.end()) facts[field] = *found;
  return {
      "gate",
      fmt::format("@{} {} {}: {}", text_or(gate.body, "alias"), gate.body.value("pass", false) ? "passed" : "refused",
                  minute_of(to_utc(gate.time)), join(rows, ", ")),
      std::move(facts),
      {},
      "gate:" + gate.id.hex()};
}

LineageNode job_node(const meta::Entry& job) {
  Json facts{{"job", text_or(job.body, "job")}, {"record", job.id.hex()}, {"schedule", job.key}};
  for (const char* field : {"trigger", "planned", "started", "ended", "status", "exit_code", "command", "detail"})
    if (const auto found = job.body.find(field); found != job.body.end()) facts[field] = *found;
  return {"job",
          fmt::format("job {} of schedule {} ({}) {}", brief_id(text_or(job.body, "job")), job.key,
                      text_or(job.body, "trigger"), text_or(job.body, "status")),
          std::move(facts),
          {},
          "job:" + text_or(job.body, "job")};
}

LineageNode more_node(std::size_t count, const std::string& what) {
  LineageNode node{
      "more", fmt::format("… and {} more {}", show_count(count), what), {{"count", count}, {"of", what}}, {}};
  node.made = true;
  return node;
}

}  // namespace mlops::registry
