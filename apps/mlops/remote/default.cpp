#include "commands.h"
#include "exchange/remotes.h"

namespace mlops {

Run define_remote_default(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "the remote")->required();
  return [name](Context& context) {
    const auto repository = open_repository(context);
    exchange::set_default(*repository, *name);
    if (context.out.json())
      context.out.value({{"default", *name}});
    else
      context.out.line(Text(*name, Style::bold) + Text(" is what push and pull take"));
    return k_exit_done;
  };
}

}  // namespace mlops
