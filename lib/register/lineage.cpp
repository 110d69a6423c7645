#include "register/lineage.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "data/object_json.h"
#include "meta/links.h"
#include "register/lineage_nodes.h"
#include "register/registry.h"
#include "store/tree.h"

namespace mlops::registry {
namespace {

using meta::Entry;
using Nodes = std::vector<LineageNode>;

// Whether an object is another one or a directory that holds it.
class Holds {
 public:
  Holds(const store::Store& store, const Id& wanted) : store_(store), wanted_(wanted) {}
  bool operator()(const store::ObjectRef& object) {
    return object.id == wanted_ || (object.kind == store::Kind::tree && tree(object.id));
  }
  // False for what is no tree in the store.
  bool tree(const Id& id) {
    const auto [known, fresh] = seen_.try_emplace(id, false);
    if (!fresh || !store_.has(store::Kind::tree, id)) return known->second;
    bool found = false;
    for (const auto& entry : store::decode_tree(store_.get(store::Kind::tree, id)))
      found = found || entry.id == wanted_ || (entry.mode == store::Mode::directory && tree(entry.id));
    return seen_[id] = found;
  }

 private:
  const store::Store& store_;
  Id wanted_;
  std::map<Id, bool> seen_;
};

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

constexpr int k_most_rounds = 16;

// How an alias came to a version.
struct Promotion {
  std::string alias, author;
  std::int64_t replaced = 0;  // 0 = nothing had the alias
  Entry event;
};

// One question: what was met already is named again, but not followed again.
class Walk {
 public:
  Walk(data::Repository& repository, const LineageOptions& options) : repository_(repository), options_(options) {}

  // model ← run ← …
  LineageNode model_back(const ModelVersion& model) {
    LineageNode node = plain(model);
    const std::string run = text_or(model.body, "run_id");
    if (const auto entry = newest("run", run))
      node.from.push_back(run_back(run_of(*entry)));
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
    for (const auto& gate : meta::linked_records(repository_.database(), model.record.hex(), "gate", options_.breadth))
      if (text_or(gate.body, "candidate") == model.record.hex()) node.from.push_back(gate_node(gate));
    return node;
  }

  // run ← code, data ← features, parameters, environment.
  LineageNode run_back(const train::RunEntry& run) {
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
      for (const auto& entry : meta::linked_records(repository_.database(), job, "job", 1))
        node.from.push_back(job_node(entry));
    // Of a version they are told with it.
    for (const auto& gate : meta::linked_records(repository_.database(), run.run_id, "gate", options_.breadth))
      if (text_or(gate.body, "candidate").empty()) node.from.push_back(gate_node(gate));
    if (body.contains("environment")) node.from.push_back(environment_node(body["environment"], run.run_id));
    return node;
  }

  // Adds what came of it below a node.
  void model_forward(LineageNode& node, const ModelVersion& model) {
    if (!first_time(node)) return;
    std::vector<Entry> deployments;
    for (const auto& [key, time] : meta::linked_keys(repository_.database(), model.record.hex(), "deployment"))
      if (auto entry = newest("deployment", key); entry && text_or(entry->body, "model_version") == model.record.hex())
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

  void run_forward(LineageNode& node, const train::RunEntry& run) {
    if (!first_time(node)) return;
    Nodes nodes;
    for (const auto& entry : meta::linked_records(repository_.database(), run.run_id, "model", 0)) {
      const auto version = version_of(entry);
      if (!version || text_or(version->body, "run_id") != run.run_id) continue;
      LineageNode model = plain(*version);
      if (within(nodes)) model_forward(model, *version);
      nodes.push_back(std::move(model));
    }
    add(node, std::move(nodes), "models");
  }

  void data_forward(LineageNode& node, const store::ObjectRef& object) {
    if (!first_time(node)) return;
    Nodes joins;
    for (const auto& join : meta::linked_records(repository_.database(), object.id.hex(), "features-join", 0)) {
      if (join.key == object.id.hex()) {
        node.from.push_back(join_node(join));
        continue;
      }
      LineageNode one = join_node(join);
      if (within(joins)) join_forward(one, join);
      joins.push_back(std::move(one));
    }
    add(node, std::move(joins), "training sets");
    Holds holds(repository_.store(), object.id);
    std::map<std::string, Micros> keys;
    const auto take = [&](const std::string& target) {
      for (const auto& [key, time] : meta::linked_keys(repository_.database(), target, "run"))
        keys[key] = std::max(keys[key], time);
    };
    take(object.id.hex());
    for (const auto& target : meta::link_targets(repository_.database(), "run", 64))
      if (const auto id = Id::from_hex(target); id && *id != object.id && holds.tree(*id)) take(target);
    runs_below(node, keys, [&](const Json& body) { return part_in_run(body, holds); });
  }

  void join_forward(LineageNode& node, const Entry& join) {
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
    data_forward(data, *output);
    // The join itself is above already.
    std::erase_if(data.from, [&](const auto& one) { return one.id == node.id; });
    node.from.push_back(std::move(data));
  }

  void code_forward(LineageNode& node, const std::string& commit) {
    std::map<std::string, Micros> keys;
    for (const auto& [key, time] : meta::linked_keys(repository_.database(), commit, "run")) keys[key] = time;
    runs_below(node, keys, [](const Json& body) { return "of " + text_or(body, "started").substr(0, 16); });
  }

  void features_forward(LineageNode& node, const std::string& hash) {
    Nodes joins, deployments;
    for (const auto& join : meta::linked_records(repository_.database(), hash, "features-join", 0)) {
      LineageNode one = join_node(join);
      if (within(joins)) join_forward(one, join);
      joins.push_back(std::move(one));
    }
    add(node, std::move(joins), "training sets");
    for (const auto& [key, time] : meta::linked_keys(repository_.database(), hash, "deployment"))
      if (const auto entry = newest("deployment", key)) deployments.push_back(deployment_node(*entry));
    add(node, std::move(deployments), "deployments");
  }

  // Those that served the version at a moment.
  Nodes deployments_at(const Id& record, Micros time) {
    Nodes out;
    for (const auto& [key, newest_time] : meta::linked_keys(repository_.database(), record.hex(), "deployment")) {
      const auto entry = newest("deployment", key);
      if (!entry || !overlaps(*entry, time, time + 1)) continue;
      out.push_back(deployment_node(*entry));
      if (auto features = online_features_node(*entry)) out.back().from.push_back(*std::move(features));
    }
    return out;
  }

  LineageNode plain(const ModelVersion& model) {
    std::vector<std::string> names;
    if (const auto* known = registered(model.name))
      for (const auto& [alias, number] : known->aliases)
        if (number == model.number) names.push_back("@" + alias);
    return {"model",
            "model " + model.label() + (names.empty() ? "" : " " + join(names, " ")),
            {{"name", model.name},
             {"number", model.number},
             {"record", model.record.hex()},
             {"object", data::to_json(model.object)},
             {"metrics", model.body.value("metrics", Json::object())},
             {"aliases", names}},
            {},
            "model:" + model.record.hex()};
  }

 private:
  [[nodiscard]] bool within(const Nodes& nodes) const {
    return options_.breadth == 0 || nodes.size() < options_.breadth;
  }
  bool first_time(const LineageNode& node) { return met_.insert(node.id).second; }

  // Below a node, as made of it; what is too much is counted.
  void add(LineageNode& node, Nodes nodes, const std::string& what) {
    const std::size_t all = nodes.size();
    for (auto& one : nodes) {
      if (options_.breadth > 0 && static_cast<std::size_t>(&one - nodes.data()) >= options_.breadth) break;
      one.made = true;
      node.from.push_back(std::move(one));
    }
    if (options_.breadth > 0 && all > options_.breadth) node.from.push_back(more_node(all - options_.breadth, what));
  }

  void runs_below(LineageNode& node, const std::map<std::string, Micros>& keys,
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
      const auto entry = newest("run", order[i].second);
      const std::string part = entry ? part_of(entry->body) : "";
      if (part.empty()) continue;
      LineageNode run = plain_run_node(run_of(*entry), part);
      run.made = true;
      // A loop that has retrained for years is told for some rounds; the newest run's own lineage goes on.
      if (++rounds_ <= k_most_rounds) run_forward(run, run_of(*entry));
      --rounds_;
      node.from.push_back(std::move(run));
      ++shown;
    }
  }

  std::optional<Entry> newest(const std::string& type, const std::string& key) {
    if (key.empty()) return std::nullopt;
    auto found = repository_.database().list({.type = type, .key = key, .limit = 1});
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
  }
  static train::RunEntry run_of(const Entry& entry) { return {entry.id, entry.key, entry.time, entry.body}; }

  const RegisteredModel* registered(const std::string& name) {
    const auto [at, is_new] = registered_.try_emplace(name);
    if (is_new) at->second = registered_model(repository_, name);
    return at->second ? &*at->second : nullptr;
  }
  // With the number that it has now; deleted ones are none.
  std::optional<ModelVersion> version_of(const Entry& entry) {
    if (const auto* known = registered(entry.key))
      for (const auto& state : known->versions)
        if (state.version.record == entry.id) return state.version;
    return std::nullopt;
  }

  // The training sets (feature join) that a version of data is or holds.
  std::vector<Entry> joins_in(const Json& dep) {
    const auto object = data::object_of(dep);
    if (!object) return {};
    if (object->kind != store::Kind::tree)
      return repository_.database().list({.type = "features-join", .key = object->id.hex(), .limit = 1});
    std::vector<Entry> out;
    const std::string folder = text_or(dep, "path") + "/";
    for (const auto& join : joins_by_path()) {
      const Json output = join.body.value("output", Json::object());
      if (const auto made = data::object_of(output);
          made && text_or(output, "path").starts_with(folder) && Holds(repository_.store(), made->id)(*object))
        out.push_back(join);
    }
    return out;
  }
  // Those that the run's own stages made, in their order.
  std::vector<Entry> joins_made(const Json& run) {
    std::vector<Entry> out;
    for (const auto& stage : run.value("stages", Json::array()))
      for (const auto& made : stage.value("outs", Json::array()))
        for (auto& join : joins_in(made))
          if (std::none_of(out.begin(), out.end(), [&](const Entry& other) { return other.id == join.id; })) out.push_back(std::move(join));
    return out;
  }
  const std::vector<Entry>& joins_by_path() {
    if (!joins_) joins_ = repository_.database().list({.type = "features-join", .key = ""});
    return *joins_;
  }

  std::vector<Promotion> promotions(const std::string& name) {
    std::vector<Promotion> out;
    std::map<std::string, std::int64_t> now;
    for (auto& event : repository_.database().list({.type = "event", .key = "model:" + name, .newest_first = false})) {
      const Json change = event.body.value("change", Json::object());
      if (!change.contains("alias")) continue;
      const std::string alias = text_or(change, "alias");
      const auto number = integer_or(change, "number");
      const auto before = std::exchange(now[alias], number);
      out.push_back({alias, text_or(event.body, "author"), before == number ? 0 : before, std::move(event)});
    }
    return out;
  }
  Nodes promotion_nodes(const ModelVersion& model) {
    Nodes out;
    for (const auto& one : promotions(model.name)) {
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

  static bool overlaps(const Entry& deployment, Micros from, Micros to) {
    const auto begun = parse_time(text_or(deployment.body, "from")), ended = parse_time(text_or(deployment.body, "to"));
    return begun && *begun < to && (!ended || *ended >= from);
  }

  struct Alarmed {
    Entry event, window;
    std::string over;
  };
  const std::vector<Alarmed>& alarms(const std::string& model) {
    const auto [at, is_new] = alarms_.try_emplace(model);
    if (!is_new) return at->second;
    for (const auto& key : repository_.database().keys("event", "alarm:" + model + "/")) {
      std::string over;  // of the alarm that comes next, as they are read backwards
      for (auto& event : repository_.database().list({.type = "event", .key = key})) {
        const Json change = event.body.value("change", Json::object());
        if (text_or(change, "state") != "firing") {
          over = to_utc(event.time);
          continue;
        }
        const auto id = Id::from_hex(text_or(change, "window"));
        auto window = id ? repository_.database().find(*id) : std::nullopt;
        at->second.push_back({std::move(event), window ? *std::move(window) : Entry{}, std::exchange(over, "")});
      }
    }
    std::sort(at->second.begin(), at->second.end(),
              [](const auto& a, const auto& b) { return a.event.time > b.event.time; });
    return at->second;
  }
  static bool is_about(const Alarmed& alarm, const ModelVersion& model) {
    const Json versions =
        alarm.window.body.is_object() ? alarm.window.body.value("model_versions", Json::array()) : Json::array();
    return versions.dump().find(model.record.hex()) != std::string::npos;
  }
  static bool within(const Alarmed& alarm, const Entry* deployment) {
    if (deployment == nullptr) return true;
    const auto from = parse_time(text_or(alarm.window.body, "from")), to = parse_time(text_or(alarm.window.body, "to"));
    return from && to && overlaps(*deployment, *from, *to);
  }

  void alarms_below(LineageNode& node, const ModelVersion& model, const Entry* deployment) {
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

  void jobs_below(LineageNode& node, const Entry& event) {
    Nodes nodes;
    for (const auto& entry : meta::linked_records(repository_.database(), event.id.hex(), "job", 0)) {
      LineageNode job = job_node(entry);
      if (!first_time(job)) continue;
      std::map<std::string, Micros> keys;
      for (const auto& [key, time] : meta::linked_keys(repository_.database(), text_or(entry.body, "job"), "run"))
        keys[key] = time;
      if (within(nodes)) runs_below(job, keys, [](const Json& body) { return text_or(body, "status"); });
      nodes.push_back(std::move(job));
    }
    add(node, std::move(nodes), "jobs");
  }

  data::Repository& repository_;
  const LineageOptions options_;
  std::set<std::string> met_;
  int rounds_ = 0;  // runs in whose lineage we are
  std::map<std::string, std::optional<RegisteredModel>> registered_;
  std::map<std::string, std::vector<Alarmed>> alarms_;
  std::optional<std::vector<Entry>> joins_;
};

Json tree_json(const LineageNode& node) {
  Json out{{"kind", node.kind}, {"title", to_utf8(node.title)}, {"id", to_utf8(node.id)}, {"facts", node.facts},
           {"made", node.made}, {"from", Json::array()}};
  for (const auto& below : node.from) out["from"].push_back(tree_json(below));
  return out;
}

struct Graph {
  Json nodes = Json::array(), edges = Json::array();
  std::set<std::string> ids;
  std::set<std::pair<std::string, std::string>> pairs;

  void take(const LineageNode& node) {
    if (ids.insert(node.id).second)
      nodes.push_back(
          {{"id", to_utf8(node.id)}, {"kind", node.kind}, {"title", to_utf8(node.title)}, {"facts", node.facts}});
    for (const auto& below : node.from) {
      if (below.kind == "more") continue;
      const auto edge = below.made ? std::pair(node.id, below.id) : std::pair(below.id, node.id);
      if (pairs.insert(edge).second) edges.push_back({{"from", to_utf8(edge.first)}, {"to", to_utf8(edge.second)}});
      take(below);
    }
  }
};

}  // namespace

LineageNode lineage_of_run(data::Repository& repository, const train::RunEntry& run, const LineageOptions& options) {
  Walk walk(repository, options);
  LineageNode node = walk.run_back(run);
  walk.run_forward(node, run);
  return node;
}

LineageNode lineage_of_model(data::Repository& repository, const ModelVersion& model, const LineageOptions& options) {
  Walk walk(repository, options);
  LineageNode node = walk.model_back(model);
  walk.model_forward(node, model);
  return node;
}

LineageNode lineage_of_data(data::Repository& repository, const store::ObjectRef& object, const std::string& label,
                            const LineageOptions& options) {
  LineageNode node{"data",
                   fmt::format("{} {}  {}", label, object.id.brief(), show_size(object.size)),
                   data::to_json(object),
                   {},
                   "data:" + object.id.hex()};
  Walk(repository, options).data_forward(node, object);
  return node;
}

LineageNode lineage_of_code(data::Repository& repository, const std::string& commit, const std::string& subject,
                            const LineageOptions& options) {
  LineageNode node = code_node({{"commit", commit}, {"subject", subject}});
  Walk(repository, options).code_forward(node, commit);
  return node;
}

LineageNode lineage_of_features(data::Repository& repository, const std::string& name, const LineageOptions& options) {
  const auto records = repository.database().list({.type = "features", .key = name});
  if (records.empty()) {
    const std::string near = nearest(name, repository.database().keys("features", ""));
    throw input_error("there is no feature view or service \"" + printable(name) + "\"",
                      near.empty() ? "mlops feature list" : "did you mean \"" + near + "\"?");
  }
  LineageNode root{"features", name, {{"name", name}}, {}, "features:" + name};
  Walk walk(repository, options);
  for (const auto& record : records) {
    const std::string hash = text_or(record.body, "hash");
    LineageNode node{
        "features",
        fmt::format("{} definition {} {}, {} by {}", name, integer_or(record.body, "number"), brief_id(hash),
                    minute_of(to_utc(record.time)), text_or(record.body, "author")),
        {{"name", name}, {"number", integer_or(record.body, "number")}, {"hash", hash}, {"record", record.id.hex()}},
        {},
        "features:" + hash};
    node.made = true;
    if (!hash.empty()) walk.features_forward(node, hash);
    root.from.push_back(std::move(node));
  }
  return root;
}

LineageNode lineage_of_prediction(data::Repository& repository, LineageNode prediction, const Id& record, Micros time) {
  Walk walk(repository, {});
  if (const auto model = find(repository, record.hex())) prediction.from.push_back(walk.model_back(*model));
  for (auto& deployment : walk.deployments_at(record, time)) prediction.from.push_back(std::move(deployment));
  return prediction;
}

Json to_json(const LineageNode& root) {
  Graph graph;
  graph.take(root);
  Json out = tree_json(root);
  out["nodes"] = std::move(graph.nodes);
  out["edges"] = std::move(graph.edges);
  return out;
}

}  // namespace mlops::registry
