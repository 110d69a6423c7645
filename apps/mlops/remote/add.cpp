#include "base/text.h"
#include "commands.h"
#include "exchange/remotes.h"

namespace mlops {

Run define_remote_add(CLI::App& app) {
  auto name = std::make_shared<std::string>(), url = std::make_shared<std::string>();
  app.add_option("NAME", *name, "what to call it: origin")->required();
  app.add_option("URL", *url, "a directory, ssh://…, s3://… or, to pull only, https://…")->required();
  return [name, url](Context& context) {
    const auto repository = open_repository(context);
    const bool added = exchange::add_remote(*repository, *name, *url);
    const auto remote = exchange::find_remote(*repository, *name);
    if (context.out.json())
      context.out.value({{"name", remote.name}, {"url", remote.url}, {"default", remote.is_default}, {"added", added}});
    else
      context.out.line(Text(remote.name, Style::bold) + Text("  " + remote.url + (added ? "" : "  (it was there)")));
    if (added) context.out.note("next: git add .mlops/config.yaml · mlops push");
    return k_exit_done;
  };
}

}  // namespace mlops
