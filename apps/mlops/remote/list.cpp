#include "commands.h"
#include "exchange/remotes.h"

namespace mlops {

Run define_remote_list(CLI::App&) {
  return [](Context& context) {
    const auto repository = open_repository(context);
    const auto remotes = exchange::remotes(*repository);
    if (context.out.json()) {
      Json list = Json::array();
      for (const auto& remote : remotes)
        list.push_back({{"name", remote.name},
                        {"url", remote.url},
                        {"default", remote.is_default},
                        {"agreed", exchange::agreed(remote.url)}});
      context.out.value(list);
      return k_exit_done;
    }
    Table table{{{"name"}, {"url"}, {"", false, 1}}, {}};
    for (const auto& remote : remotes)
      table.rows.push_back({Text(remote.name, Style::bold), remote.url, remote.is_default ? "default" : ""});
    if (remotes.empty())
      context.out.note("there are no remotes: mlops remote add origin /mnt/team/store");
    else
      context.out.table(table);
    return k_exit_done;
  };
}

}  // namespace mlops
