#include "commands.h"
#include "exchange/remotes.h"

namespace mlops {

Run define_remote_set_url(CLI::App& app) {
  auto name = std::make_shared<std::string>(), url = std::make_shared<std::string>();
  app.add_option("NAME", *name, "the remote")->required();
  app.add_option("URL", *url, "its new address, as for remote add")->required();
  return [name, url](Context& context) {
    const auto repository = open_repository(context);
    exchange::set_remote_url(*repository, *name, *url);
    const auto remote = exchange::find_remote(*repository, *name);
    if (context.out.json())
      context.out.value({{"name", remote.name}, {"url", remote.url}, {"default", remote.is_default}});
    else
      context.out.line(Text(remote.name, Style::bold) + Text("  " + remote.url));
    return k_exit_done;
  };
}

}  // namespace mlops
