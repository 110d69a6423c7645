#include "commands.h"
#include "data/repository.h"
#include "pipeline/run.h"

namespace mlops {
namespace {

Json to_json(const pipeline::Definition& definition, const pipeline::Stage& stage) {
  Json deps = Json::array(), outs = Json::array(), params = Json::array(), after = Json::array();
  for (const auto& dep : stage.deps) deps.push_back(dep.path);
  for (const auto& out : stage.outs)
    outs.push_back({{"path", out.path}, {"cache", out.cache}, {"persist", out.persist}, {"metric", out.metric}});
  for (const auto& use : stage.params) params.push_back({{"file", use.file}, {"keys", use.keys}});
  for (const auto* before : pipeline::upstream(definition, stage)) after.push_back(before->name);
  return {{"name", stage.name}, {"cmd", stage.commands},  {"wdir", stage.wdir},
          {"deps", deps},       {"params", params},       {"outs", outs},
          {"after", after},     {"frozen", stage.frozen}, {"always_changed", stage.always_changed},
          {"desc", stage.desc}};
}

std::string joined(const Json& texts) {
  std::string out;
  for (const auto& text : texts)
    out += (out.empty() ? "" : ", ") + (text.is_object() ? text["path"] : text).get<std::string>();
  return out;
}

}  // namespace

Run define_pipeline_show(CLI::App&) {
  return [](Context& context) {
    const auto repository = open_repository(context);
    const auto definition = pipeline::read_definition(*repository);
    Json stages = Json::array();
    for (const auto* stage : pipeline::order(definition)) stages.push_back(to_json(definition, *stage));
    if (context.out.json()) {
      context.out.value({{"file", definition.file}, {"stages", stages}});
      return k_exit_done;
    }
    Table table{{{"stage"}, {"after"}, {"deps", false, 2}, {"outs", false, 1}, {"cmd", false, 3}}, {}};
    for (const auto& stage : stages)
      table.rows.push_back({stage["name"].get<std::string>(), joined(stage["after"]), joined(stage["deps"]),
                            joined(stage["outs"]), joined(stage["cmd"])});
    context.out.table(table);
    return k_exit_done;
  };
}

}  // namespace mlops
