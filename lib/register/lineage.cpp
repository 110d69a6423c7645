#include "register/lineage.h"

#include <fmt/format.h>

#include "base/text.h"
#include "data/object_json.h"
#include "register/lineage_nodes.h"
#include "register/lineage_walk.h"

namespace mlops::registry {
namespace {

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
  LineageRecords records(repository);
  LineageNode node = Backward(records, options).of_run(run);
  Forward(records, options).of_run(node, run);
  return node;
}

LineageNode lineage_of_model(data::Repository& repository, const ModelVersion& model, const LineageOptions& options) {
  LineageRecords records(repository);
  LineageNode node = Backward(records, options).of_model(model);
  Forward(records, options).of_model(node, model);
  return node;
}

LineageNode lineage_of_data(data::Repository& repository, const store::ObjectRef& object, const std::string& label,
                            const LineageOptions& options) {
  LineageNode node{"data",
                   fmt::format("{} {}  {}", label, object.id.brief(), show_size(object.size)),
                   data::to_json(object),
                   {},
                   "data:" + object.id.hex()};
  LineageRecords records(repository);
  Forward(records, options).of_data(node, object);
  return node;
}

LineageNode lineage_of_code(data::Repository& repository, const std::string& commit, const std::string& subject,
                            const LineageOptions& options) {
  LineageNode node = code_node({{"commit", commit}, {"subject", subject}});
  LineageRecords records(repository);
  Forward(records, options).of_code(node, commit);
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
  LineageRecords known(repository);
  Forward forward(known, options);
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
    if (!hash.empty()) forward.of_features(node, hash);
    root.from.push_back(std::move(node));
  }
  return root;
}

LineageNode lineage_of_prediction(data::Repository& repository, LineageNode prediction, const Id& record, Micros time) {
  LineageRecords records(repository);
  if (const auto model = find(repository, record.hex()))
    prediction.from.push_back(Backward(records, {}).of_model(*model));
  for (auto& deployment : Forward(records, {}).deployments_at(record, time))
    prediction.from.push_back(std::move(deployment));
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
