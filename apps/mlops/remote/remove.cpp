#include "commands.h"
#include "exchange/remotes.h"

namespace mlops {

Run define_remote_remove(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "the remote")->required();
  return [name](Context& context) {
    const auto repository = open_repository(context);
    exchange::remove_remote(*repository, *name);
    if (context.out.json()) context.out.value({{"removed", *name}});
    else context.out.line(Text(*name, Style::bold) + Text(" is no remote any more; what is on it stays there"));
    return k_exit_done;
  };
}

}  // namespace mlops
