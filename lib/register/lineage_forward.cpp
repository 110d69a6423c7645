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

constexpr int k_most_rounds = 16;

// "read" or "made" with the path, "" where the run has nothing to do with the object.
std::string part_in_run(const Json& record, Holds& holds) {
  for (const auto& stage : record.value("stages", Json::array()))
    for (const char* side : {"deps", "outs"})
      for (const auto& item : stage.value(side, Json::array()))
        if (const auto object = data::object_of(item); object && holds(*object))
          return fmt::format("{} {} in {}", std::string_view(side) == "deps" ? "read" : "made", text_or(item, "path"),
                             text_or(stage, "name"));
  return {};
}

bool overlaps(const Entry& deployment, Micros from, Micros to) {
  const auto begun = parse_time(text_or(deployment.body, "from")), ended = parse_time(text_or(deployment.body, "to"));
  return begun && *begun < to && (!ended || *ended >= from);
}

}  // namespace

void Forward::of_model(LineageNode& node, const ModelVersion& model) {
  if (!first_time(node)) return;
  std::vector<Entry> deployments;
  for (const auto& [key, time] : meta::linked_keys(records_.database(), model.record.hex(), "deployment"))
    if (auto entry = records_.newest("deployment", key);
        entry && text_or(entry->body, "model_version") == model.record.hex())
      deployments.push_back(*std::move(entry));  // others name it as the one that replaced them
  Nodes nodes;
  for (const auto& deployment : deployments) {
    LineageNode one = deployment_node(deployment);
    if (auto features = online_features_node(deployment)) one.from.push_back(*std::move(features));
    alarms_below(one, model, &deployment);
    nodes.push_back(std::move(one));
  }
  add(node, std::move(nodes), "deployments");
  alarms_below(node, model, nullptr);  // of windows without a deployment that is known
}

void Forward::of_run(LineageNode& node, const train::RunEntry& run) {
  if (!first_time(node)) return;
  Nodes nodes;
  for (const auto& entry : meta::linked_records(records_.database(), run.run_id, "model", 0)) {
    const auto version = records_.version_of(entry);
    if (!version || text_or(version->body, "run_id") != run.run_id) continue;
    LineageNode model = records_.plain(*version);
    if (within(nodes)) of_model(model, *version);
    nodes.push_back(std::move(model));
  }
  add(node, std::move(nodes), "models");
}

void Forward::of_data(LineageNode& node, const store::ObjectRef& object) {
  if (!first_time(node)) return;
  Nodes joins;
  for (const auto& join : meta::linked_records(records_.database(), object.id.hex(), "features-join", 0)) {
    if (join.key == object.id.hex()) {
      node.from.push_back(join_node(join));
      continue;
    }
    LineageNode one = join_node(join);
    if (within(joins)) of_join(one, join);
    joins.push_back(std::move(one));
  }
  add(node, std::move(joins), "training sets");
  Holds holds(records_.repository().store(), object.id);
  std::map<std::string, Micros> keys;
  const auto take = [&](const std::string& target) {
    for (const auto& [key, time] : meta::linked_keys(records_.database(), target, "run"))
      keys[key] = std::max(keys[key], time);
  };
  take(object.id.hex());
  for (const auto& target : meta::link_targets(records_.database(), "run", 64))
    if (const auto id = Id::from_hex(target); id && *id != object.id && holds.tree(*id)) take(target);
  runs_below(node, keys, [&](const Json& body) { return part_in_run(body, holds); });
}

void Forward::of_join(LineageNode& node, const Entry& join) {
  if (!first_time(node)) return;
  const auto output = data::object_of(join.body.value("output", Json::object()));
  if (!output) return;
  LineageNode data{
      "data",
      fmt::format("{} {}  {}", text_or(join.body["output"], "path"), output->id.brief(), show_size(output->size)),
      join.body["output"],
      {},
      "data:" + output->id.hex()};
  data.made = true;
  of_data(data, *output);
  // The join itself is above already.
  std::erase_if(data.from, [&](const auto& one) { return one.id == node.id; });
  node.from.push_back(std::move(data));
}

void Forward::of_code(LineageNode& node, const std::string& commit) {
  std::map<std::string, Micros> keys;
  for (const auto& [key, time] : meta::linked_keys(records_.database(), commit, "run")) keys[key] = time;
  runs_below(node, keys, [](const Json& body) { return "of " + text_or(body, "started").substr(0, 16); });
}

void Forward::of_features(LineageNode& node, const std::string& hash) {
  Nodes joins, deployments;
  for (const auto& join : meta::linked_records(records_.database(), hash, "features-join", 0)) {
    LineageNode one = join_node(join);
    if (within(joins)) of_join(one, join);
    joins.push_back(std::move(one));
  }
  add(node, std::move(joins), "training sets");
  for (const auto& [key, time] : meta::linked_keys(records_.database(), hash, "deployment"))
    if (const auto entry = records_.newest("deployment", key)) deployments.push_back(deployment_node(*entry));
  add(node, std::move(deployments), "deployments");
}

Nodes Forward::deployments_at(const Id& record, Micros time) {
  Nodes out;
  for (const auto& [key, newest_time] : meta::linked_keys(records_.database(), record.hex(), "deployment")) {
    const auto entry = records_.newest("deployment", key);
    if (!entry || !overlaps(*entry, time, time + 1)) continue;
    out.push_back(deployment_node(*entry));
    if (auto features = online_features_node(*entry)) out.back().from.push_back(*std::move(features));
  }
  return out;
}

bool Forward::within(const Nodes& nodes) const { return options_.breadth == 0 || nodes.size() < options_.breadth; }

// Below a node, as made of it; what is too much is counted.
void Forward::add(LineageNode& node, Nodes nodes, const std::string& what) {
  const std::size_t all = nodes.size();
  for (auto& one : nodes) {
    if (options_.breadth > 0 && static_cast<std::size_t>(&one - nodes.data()) >= options_.breadth) break;
    one.made = true;
    node.from.push_back(std::move(one));
  }
  if (options_.breadth > 0 && all > options_.breadth) node.from.push_back(more_node(all - options_.breadth, what));
}

void Forward::runs_below(LineageNode& node, const std::map<std::string, Micros>& keys,
                         const std::function<std::string(const Json&)>& part_of) {
  std::vector<std::pair<Micros, std::string>> order;
  for (const auto& [key, time] : keys) order.emplace_back(-time, key);
  std::sort(order.begin(), order.end());
  std::size_t shown = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (options_.breadth > 0 && shown >= options_.breadth) {
      node.from.push_back(more_node(order.size() - i, "runs"));
      return;
    }
    const auto entry = records_.newest("run", order[i].second);
    const std::string part = entry ? part_of(entry->body) : "";
    if (part.empty()) continue;
    LineageNode run = plain_run_node(run_of(*entry), part);
    run.made = true;
    // A loop that has retrained for years is told for some rounds; the newest run's own lineage goes on.
    if (++rounds_ <= k_most_rounds) of_run(run, run_of(*entry));
    --rounds_;
    node.from.push_back(std::move(run));
    ++shown;
  }
}

const std::vector<Forward::Alarmed>& Forward::alarms(const std::string& model) {
  const auto [at, is_new] = alarms_.try_emplace(model);
  if (!is_new) return at->second;
  for (const auto& key : records_.database().keys("event", "alarm:" + model + "/")) {
    std::string over;  // of the alarm that comes next, as they are read backwards
    for (auto& event : records_.database().list({.type = "event", .key = key})) {
      const Json change = event.body.value("change", Json::object());
      if (text_or(change, "state") != "firing") {
        over = to_utc(event.time);
        continue;
      }
      const auto id = Id::from_hex(text_or(change, "window"));
      auto window = id ? records_.database().find(*id) : std::nullopt;
      at->second.push_back({std::move(event), window ? *std::move(window) : Entry{}, std::exchange(over, "")});
    }
  }
  std::sort(at->second.begin(), at->second.end(),
            [](const auto& a, const auto& b) { return a.event.time > b.event.time; });
  return at->second;
}

bool Forward::is_about(const Alarmed& alarm, const ModelVersion& model) {
  const Json versions =
      alarm.window.body.is_object() ? alarm.window.body.value("model_versions", Json::array()) : Json::array();
  return versions.dump().find(model.record.hex()) != std::string::npos;
}

bool Forward::within(const Alarmed& alarm, const Entry* deployment) {
  if (deployment == nullptr) return true;
  const auto from = parse_time(text_or(alarm.window.body, "from")), to = parse_time(text_or(alarm.window.body, "to"));
  return from && to && overlaps(*deployment, *from, *to);
}

void Forward::alarms_below(LineageNode& node, const ModelVersion& model, const Entry* deployment) {
  Nodes nodes;
  for (const auto& alarm : alarms(model.name)) {
    if (!is_about(alarm, model) || !within(alarm, deployment)) continue;
    LineageNode one = alarm_node(alarm.event, alarm.over);
    if (!first_time(one)) continue;
    one.from.push_back(window_node(alarm.window));
    if (within(nodes)) jobs_below(one, alarm.event);
    nodes.push_back(std::move(one));
  }
  add(node, std::move(nodes), "alarms");
}

void Forward::jobs_below(LineageNode& node, const Entry& event) {
  Nodes nodes;
  for (const auto& entry : meta::linked_records(records_.database(), event.id.hex(), "job", 0)) {
    LineageNode job = job_node(entry);
    if (!first_time(job)) continue;
    std::map<std::string, Micros> keys;
    for (const auto& [key, time] : meta::linked_keys(records_.database(), text_or(entry.body, "job"), "run"))
      keys[key] = time;
    if (within(nodes)) runs_below(job, keys, [](const Json& body) { return text_or(body, "status"); });
    nodes.push_back(std::move(job));
  }
  add(node, std::move(nodes), "jobs");
}

}  // namespace mlops::registry
