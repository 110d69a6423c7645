#include "base/text.h"
#include "commands.h"
#include "data/repository.h"
#include "pipeline/stage_lines.h"

namespace mlops {

Run define_pipeline_status(CLI::App& app) {
  auto exit_code = std::make_shared<bool>(false);
  app.add_flag("--exit-code", *exit_code, "exit 1 when a stage is stale");
  return [exit_code](Context& context) {
    const auto repository = open_repository(context);
    const auto stages = pipeline::plan(*repository, pipeline::read_definition(*repository), {});
    Json list = Json::array();
    Table table{{{"stage"}, {"state"}, {"why"}}, {}};
    bool stale = false;
    for (const auto& stage : stages) {
      stale = stale || !stage.reasons.empty();
      list.push_back({{"name", stage.name}, {"stale", !stage.reasons.empty()}, {"reasons", stage.reasons}});
      table.rows.push_back({stage.name,
                            stage.reasons.empty() ? Text("up to date", Style::dim) : Text("stale", Style::warn),
                            join(stage.reasons, "; ")});
    }
    if (context.out.json())
      context.out.value(list);
    else
      context.out.table(table);
    return stale && *exit_code ? k_exit_no : k_exit_done;
  };
}

}  // namespace mlops
