#include "register/lineage.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "data/object_json.h"
#include "store/tree.h"

namespace mlops::registry {
namespace {

std::string brief(const std::string& id) { return id.substr(0, 12); }

std::string parameters_line(const Json& params) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : params.items()) parts.push_back(key + " " + (value.is_string() ? value.get<std::string>() : value.dump()));
  return join(parts, ", ");
}

LineageNode code_node(const Json& code) {
  LineageNode node{"code", "", code, {}};
  const std::string commit = text_or(code, "commit");
  const auto changed = code.value("changed", Json::array()).size();
  if (commit.empty() && code.contains("tree")) {
    node.title = fmt::format("{}  {} files, no git", brief(text_or(code["tree"], "tree")), integer_or(code["tree"], "files"));
    return node;
  }
  node.title = commit.empty() ? "no commit yet" : fmt::format("{} \"{}\"", commit.substr(0, 7), text_or(code, "subject"));
  if (changed > 0) node.title += fmt::format(" + {} uncommitted file{}", changed, changed == 1 ? "" : "s");
  if (!code.value("skipped", Json::array()).empty())
    node.title += fmt::format(", {} too large to capture", code["skipped"].size());
  return node;
}

LineageNode environment_node(const Json& environment) {
  LineageNode node{"environment", "", environment, {}};
  const Json python = environment.value("python", Json());
  if (python.is_object()) {
    node.title = "python " + text_or(python, "version");
    if (python.contains("lock")) node.title += fmt::format(", {} packages (lock {})", integer_or(python, "packages"), brief(text_or(python, "lock")));
    node.title += " · ";
  }
  const auto gpus = integer_or(environment, "gpus");
  node.title += fmt::format("{} cores, {} · {}", integer_or(environment, "cpus"), gpus == 0 ? "no GPU" : fmt::format("{} GPUs", gpus), text_or(environment, "host"));
  return node;
}

// What went into the run from outside, with the stages that carried it: data/train.csv 83f2 → prepare → train.
std::vector<LineageNode> data_nodes(const Json& record) {
  std::map<std::string, LineageNode> nodes;
  for (const auto& stage : record.value("stages", Json::array()))
    for (const auto& dep : stage.value("deps", Json::array())) {
      if (text_or(dep, "origin") != "data") continue;
      const auto object = data::object_of(dep);
      if (!object) continue;
      auto& node = nodes[text_or(dep, "path")];
      if (node.kind.empty())
        node = {"data", fmt::format("{} {}  {}", text_or(dep, "path"), object->id.brief(), show_size(object->size)), dep, {}};
      node.title += " → " + text_or(stage, "name");
    }
  std::vector<LineageNode> out;
  for (auto& [path, node] : nodes) out.push_back(std::move(node));
  return out;
}

LineageNode run_node(const train::RunEntry& run) {
  const Json& body = run.body;
  LineageNode node{"run",
                   fmt::format("run {} by {}, {}", brief(run.run_id), text_or(body, "author"), text_or(body, "started").substr(0, 16)),
                   {{"run_id", run.run_id}, {"record", run.id.hex()}, {"status", text_or(body, "status")}, {"metrics", body.value("metrics", Json::object())}},
                   {}};
  if (const std::string name = text_or(body, "name"); !name.empty()) node.title += " (" + name + ")";
  // A run logged by a client through the tracking server has neither code nor environment of ours.
  if (body.contains("code")) node.from.push_back(code_node(body["code"]));
  for (auto& data : data_nodes(body)) node.from.push_back(std::move(data));
  const Json params = body.value("params", Json::object());
  if (!params.empty()) node.from.push_back({"params", parameters_line(params), params, {}});
  for (const auto& input : body.value("inputs", Json::array()))
    node.from.push_back({"data", fmt::format("{} {}", text_or(input, "name"), text_or(input, "digest")), input, {}});
  if (const std::string parent = text_or(body, "parent"); !parent.empty()) node.from.push_back({"run", "child of run " + brief(parent), {{"run_id", parent}}, {}});
  if (body.contains("environment")) node.from.push_back(environment_node(body["environment"]));
  return node;
}

LineageNode model_node(data::Repository& repository, const ModelVersion& model) {
  std::vector<std::string> names;
  for (const auto& [alias, number] : aliases(repository, model.name))
    if (number == model.number) names.push_back("@" + alias);
  LineageNode node{"model", "model " + model.label() + (names.empty() ? "" : " " + join(names, " ")),
                   {{"name", model.name}, {"number", model.number}, {"record", model.record.hex()}, {"object", data::to_json(model.object)}, {"aliases", names}},
                   {}};
  return node;
}

std::vector<LineageNode> models_of_run(data::Repository& repository, const train::RunEntry& run) {
  std::vector<LineageNode> out;
  for (const auto& name : model_names(repository))
    for (const auto& version : versions(repository, name))
      if (text_or(version.body, "run") == run.id.hex() || text_or(version.body, "run_id") == run.run_id) out.push_back(model_node(repository, version));
  return out;
}

// The object itself, or a directory that holds it.
class Holds {
 public:
  Holds(const store::Store& store, const Id& wanted) : store_(store), wanted_(wanted) {}
  bool operator()(const store::ObjectRef& object) {
    return object.id == wanted_ || (object.kind == store::Kind::tree && tree(object.id));
  }

 private:
  bool tree(const Id& id) {
    const auto [known, fresh] = seen_.try_emplace(id, false);
    if (!fresh || !store_.has(store::Kind::tree, id)) return known->second;
    bool found = false;
    for (const auto& entry : store::decode_tree(store_.get(store::Kind::tree, id)))
      found = found || entry.id == wanted_ || (entry.mode == store::Mode::directory && tree(entry.id));
    return seen_[id] = found;
  }
  const store::Store& store_;
  Id wanted_;
  std::map<Id, bool> seen_;
};

// "reads" or "made" with the path, "" where the run has nothing to do with the object.
std::string part_in_run(const Json& record, Holds& holds) {
  for (const auto& stage : record.value("stages", Json::array()))
    for (const char* side : {"deps", "outs"})
      for (const auto& item : stage.value(side, Json::array()))
        if (const auto object = data::object_of(item); object && holds(*object))
          return fmt::format("{} {} in {}", std::string_view(side) == "deps" ? "read" : "made", text_or(item, "path"), text_or(stage, "name"));
  return {};
}

}  // namespace

LineageNode lineage_of_run(data::Repository& repository, const train::RunEntry& run) {
  LineageNode node = run_node(run);
  for (auto& model : models_of_run(repository, run)) {
    model.title = "→ " + model.title;
    node.from.push_back(std::move(model));
  }
  return node;
}

LineageNode lineage_of_model(data::Repository& repository, const ModelVersion& model) {
  LineageNode node = model_node(repository, model);
  const std::string run = text_or(model.body, "run_id");
  const auto sealed = run.empty() ? std::vector<meta::Entry>() : repository.database().list({.type = "run", .key = run, .limit = 1});
  if (!sealed.empty())
    node.from.push_back(run_node({sealed.front().id, run, sealed.front().time, sealed.front().body}));
  else if (!run.empty())
    node.from.push_back({"run", "run " + brief(run) + ", in progress", {{"run_id", run}}, {}});
  else
    node.from.push_back({"data", "registered from " + text_or(model.body, "path") + " by " + text_or(model.body, "author") + ", no run", Json::object(), {}});
  return node;
}

LineageNode lineage_of_data(data::Repository& repository, const store::ObjectRef& object, const std::string& label) {
  LineageNode node{"data", fmt::format("{} {}  {}", label, object.id.brief(), show_size(object.size)), data::to_json(object), {}};
  Holds holds(repository.store(), object.id);
  for (const auto& run : train::list_runs(repository)) {
    const std::string part = part_in_run(run.body, holds);
    if (part.empty()) continue;
    LineageNode of_run{"run", fmt::format("run {}  {}", brief(run.run_id), part), {{"run_id", run.run_id}, {"record", run.id.hex()}}, {}};
    of_run.from = models_of_run(repository, run);
    node.from.push_back(std::move(of_run));
  }
  return node;
}

Json to_json(const LineageNode& node) {
  Json out{{"kind", node.kind}, {"title", to_utf8(node.title)}, {"facts", node.facts}, {"from", Json::array()}};
  for (const auto& below : node.from) out["from"].push_back(to_json(below));
  return out;
}

}  // namespace mlops::registry
