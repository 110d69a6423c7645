#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "data/object_json.h"
#include "meta/links.h"
#include "register/lineage_nodes.h"
#include "register/lineage_walk.h"

namespace mlops::registry {
namespace {

using meta::Entry;

// How an alias came to a version.
struct Promotion {
  std::string alias, author;
  std::int64_t replaced = 0;  // 0 = nothing had the alias
  Entry event;
};

std::vector<Promotion> promotions(meta::Database& database, const std::string& name) {
  std::vector<Promotion> out;
  std::map<std::string, std::int64_t> now;
  for (auto& event : database.list({.type = "event", .key = "model:" + name, .newest_first = false})) {
    const Json change = event.body.value("change", Json::object());
    if (!change.contains("alias")) continue;
    const std::string alias = text_or(change, "alias");
    const auto number = integer_or(change, "number");
    const auto before = std::exchange(now[alias], number);
    out.push_back({alias, text_or(event.body, "author"), before == number ? 0 : before, std::move(event)});
  }
  return out;
}

}  // namespace

LineageNode Backward::of_model(const ModelVersion& model) {
  LineageNode node = records_.plain(model);
  const std::string run = text_or(model.body, "run_id");
  if (const auto entry = records_.newest("run", run))
    node.from.push_back(of_run(run_of(*entry)));
  else if (!run.empty())
    node.from.push_back({"run", "run " + brief_id(run) + ", in progress", {{"run_id", run}}, {}, "run:" + run});
  else
    node.from.push_back(
        {"data",
         "registered from " + text_or(model.body, "path") + " by " + text_or(model.body, "author") + ", no run",
         data::to_json(model.object),
         {},
         "data:" + model.object.id.hex()});
  for (auto& promotion : promotion_nodes(model)) node.from.push_back(std::move(promotion));
  for (const auto& gate : meta::linked_records(records_.database(), model.record.hex(), "gate", options_.breadth))
    if (text_or(gate.body, "candidate") == model.record.hex()) node.from.push_back(gate_node(gate));
  return node;
}

LineageNode Backward::of_run(const train::RunEntry& run) {
  const Json& body = run.body;
  LineageNode node = plain_run_node(run, "");
  // A run logged by a client through the tracking server has neither code nor environment of ours.
  if (body.contains("code")) node.from.push_back(code_node(body["code"]));
  for (auto& data : data_nodes(body)) {
    for (const auto& join : joins_in(data.facts)) data.from.push_back(join_node(join));
    node.from.push_back(std::move(data));
  }
  for (const auto& join : joins_made(body)) node.from.push_back(join_node(join));
  const Json params = body.value("params", Json::object());
  if (!params.empty()) node.from.push_back(parameters_node(params, run.run_id));
  for (const auto& input : body.value("inputs", Json::array()))
    node.from.push_back({"data",
                         fmt::format("{} {}", text_or(input, "name"), text_or(input, "digest")),
                         input,
                         {},
                         "input:" + text_or(input, "digest")});
  if (const std::string parent = text_or(body, "parent"); !parent.empty())
    node.from.push_back({"run", "child of run " + brief_id(parent), {{"run_id", parent}}, {}, "run:" + parent});
  if (const std::string job = text_or(body, "job"); !job.empty())
    for (const auto& entry : meta::linked_records(records_.database(), job, "job", 1))
      node.from.push_back(job_node(entry));
  // Of a version they are told with it.
  for (const auto& gate : meta::linked_records(records_.database(), run.run_id, "gate", options_.breadth))
    if (text_or(gate.body, "candidate").empty()) node.from.push_back(gate_node(gate));
  if (body.contains("environment")) node.from.push_back(environment_node(body["environment"], run.run_id));
  return node;
}

// The training sets (feature join) that a version of data is or holds.
std::vector<Entry> Backward::joins_in(const Json& dep) {
  const auto object = data::object_of(dep);
  if (!object) return {};
  if (object->kind != store::Kind::tree)
    return records_.database().list({.type = "features-join", .key = object->id.hex(), .limit = 1});
  std::vector<Entry> out;
  const std::string folder = text_or(dep, "path") + "/";
  for (const auto& join : joins_by_path()) {
    const Json output = join.body.value("output", Json::object());
    if (const auto made = data::object_of(output);
        made && text_or(output, "path").starts_with(folder) && Holds(records_.repository().store(), made->id)(*object))
      out.push_back(join);
  }
  return out;
}

// Those that the run's own stages made, in their order.
std::vector<Entry> Backward::joins_made(const Json& run) {
  std::vector<Entry> out;
  for (const auto& stage : run.value("stages", Json::array()))
    for (const auto& made : stage.value("outs", Json::array()))
      for (auto& join : joins_in(made))
        if (std::none_of(out.begin(), out.end(), [&](const Entry& other) { return other.id == join.id; }))
          out.push_back(std::move(join));
  return out;
}

const std::vector<Entry>& Backward::joins_by_path() {
  if (!joins_) joins_ = records_.database().list({.type = "features-join", .key = ""});
  return *joins_;
}

Nodes Backward::promotion_nodes(const ModelVersion& model) {
  Nodes out;
  for (const auto& one : promotions(records_.database(), model.name)) {
    const Json change = one.event.body.value("change", Json::object());
    if (text_or(change, "version") != model.record.hex()) continue;
    LineageNode node{"promotion",
                     fmt::format("@{} since {} by {}", one.alias, minute_of(to_utc(one.event.time)), one.author),
                     {{"event", one.event.id.hex()},
                      {"alias", one.alias},
                      {"time", to_utc(one.event.time)},
                      {"author", one.author},
                      {"replaced", one.replaced > 0 ? Json(one.replaced) : Json()}},
                     {},
                     "promotion:" + one.event.id.hex()};
    if (one.replaced > 0) node.title += fmt::format(", in place of {}:{}", model.name, one.replaced);
    out.push_back(std::move(node));
  }
  return out;
}

}  // namespace mlops::registry
