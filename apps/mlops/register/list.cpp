#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "data/repository.h"
#include "pipeline/stage_lines.h"
#include "register/model_json.h"

namespace mlops {

Run define_register_list(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "only this model");
  return [name](Context& context) {
    const auto repository = open_repository(context);
    const auto names = name->empty() ? registry::model_names(*repository)
                                     : std::vector<std::string>{registry::resolve(*repository, *name).name};
    Json list = Json::array();
    Table table{{{"version"}, {"alias"}, {"registered"}, {"run", false, 1}, {"metrics", false, 2}}, {}};
    for (const auto& model : names) {
      const auto aliases = registry::aliases(*repository, model);
      for (const auto& version : registry::versions(*repository, model)) {
        const auto at = alias_names(aliases, version.number);
        list.push_back(to_json(version, at));
        table.rows.push_back({version.label(), Text(join(at, ", "), Style::bold),
                              to_local(parse_time(text_or(version.body, "time")).value_or(0), now_micros()),
                              text_or(version.body, "run_id").substr(0, 12),
                              metrics_line(version.body.value("metrics", Json::object()))});
      }
    }
    if (context.out.json())
      context.out.value(list);
    else if (list.empty())
      context.out.note("no models yet: mlops register add RUN NAME makes the first");
    else
      context.out.table(table);
    return k_exit_done;
  };
}

}  // namespace mlops
