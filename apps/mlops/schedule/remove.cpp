#include "commands.h"
#include "schedule/setup.h"

namespace mlops {

Run define_schedule_remove(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "the schedule")->required();
  return [name](Context& context) {
    const auto repository = open_repository(context);
    schedule::remove(*repository, *name);
    if (context.out.json())
      context.out.value({{"removed", *name}});
    else
      context.out.line(Text(*name, Style::bold) + Text(" is no schedule any more; its jobs stay in the history"));
    return k_exit_done;
  };
}

}  // namespace mlops
