// The two directions in which a lineage is followed, and what both look up. Private to this module; one object is one
// question.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "meta/database.h"
#include "register/lineage.h"
#include "register/registry.h"
#include "store/tree.h"

namespace mlops::registry {

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

// Records by what they are about, each model read once.
class LineageRecords {
 public:
  explicit LineageRecords(data::Repository& repository) : repository_(repository) {}

  [[nodiscard]] data::Repository& repository() { return repository_; }
  [[nodiscard]] meta::Database& database() { return repository_.database(); }
  std::optional<meta::Entry> newest(const std::string& type, const std::string& key);
  // With the number that it has now; deleted ones are none.
  std::optional<ModelVersion> version_of(const meta::Entry& entry);
  // With nothing below it.
  LineageNode plain(const ModelVersion& model);

 private:
  const RegisteredModel* registered(const std::string& name);

  data::Repository& repository_;
  std::map<std::string, std::optional<RegisteredModel>> registered_;
};
train::RunEntry run_of(const meta::Entry& entry);

// What something was made of.
class Backward {
 public:
  Backward(LineageRecords& records, const LineageOptions& options) : records_(records), options_(options) {}

  // model ← run ← …
  LineageNode of_model(const ModelVersion& model);
  // run ← code, data ← features, parameters, environment.
  LineageNode of_run(const train::RunEntry& run);

 private:
  std::vector<meta::Entry> joins_in(const Json& dep);
  std::vector<meta::Entry> joins_made(const Json& run);
  const std::vector<meta::Entry>& joins_by_path();
  Nodes promotion_nodes(const ModelVersion& model);

  LineageRecords& records_;
  LineageOptions options_;
  std::optional<std::vector<meta::Entry>> joins_;
};

// What came of something, added below its node. What was met already is named again, but not followed again.
class Forward {
 public:
  Forward(LineageRecords& records, const LineageOptions& options) : records_(records), options_(options) {}

  void of_model(LineageNode& node, const ModelVersion& model);
  void of_run(LineageNode& node, const train::RunEntry& run);
  void of_data(LineageNode& node, const store::ObjectRef& object);
  void of_code(LineageNode& node, const std::string& commit);
  void of_features(LineageNode& node, const std::string& hash);
  // Those that served the version at a moment.
  Nodes deployments_at(const Id& record, Micros time);

 private:
  struct Alarmed {
    meta::Entry event, window;
    std::string over;
  };

  [[nodiscard]] bool within(const Nodes& nodes) const;
  bool first_time(const LineageNode& node) { return met_.insert(node.id).second; }
  void add(LineageNode& node, Nodes nodes, const std::string& what);
  void of_join(LineageNode& node, const meta::Entry& join);
  void runs_below(LineageNode& node, const std::map<std::string, Micros>& keys,
                  const std::function<std::string(const Json&)>& part_of);
  const std::vector<Alarmed>& alarms(const std::string& model);
  static bool is_about(const Alarmed& alarm, const ModelVersion& model);
  static bool within(const Alarmed& alarm, const meta::Entry* deployment);
  void alarms_below(LineageNode& node, const ModelVersion& model, const meta::Entry* deployment);
  void jobs_below(LineageNode& node, const meta::Entry& event);

  LineageRecords& records_;
  LineageOptions options_;
  std::set<std::string> met_;
  int rounds_ = 0;  // runs in whose lineage we are
  std::map<std::string, std::vector<Alarmed>> alarms_;
};

}  // namespace mlops::registry
