// The things of a lineage one by one, each from one record. Private to this module.
#pragma once

#include <optional>

#include "meta/database.h"
#include "register/lineage.h"

namespace mlops::registry {

LineageNode code_node(const Json& code);
LineageNode environment_node(const Json& environment, const std::string& run_id);
// With nothing below it. `part`: what it has to do with the node above, "" = who made it and when.
LineageNode plain_run_node(const train::RunEntry& run, const std::string& part);
// What went into a run from outside, with the stages that carried it.
std::vector<LineageNode> data_nodes(const Json& run);
LineageNode parameters_node(const Json& params, const std::string& run_id);
LineageNode join_node(const meta::Entry& join);
LineageNode deployment_node(const meta::Entry& deployment);
// The service that completes a deployment's inputs; nullopt: none does.
std::optional<LineageNode> online_features_node(const meta::Entry& deployment);
LineageNode alarm_node(const meta::Entry& event, const std::string& over);
LineageNode window_node(const meta::Entry& window);
// What `ci gate` or `register promote` answered.
LineageNode gate_node(const meta::Entry& gate);
LineageNode job_node(const meta::Entry& job);
LineageNode more_node(std::size_t count, const std::string& what);

std::string brief_id(const std::string& id);
// "2026-01-03 12:00" of a record's time.
std::string minute_of(const std::string& time);

}  // namespace mlops::registry
