#include "commands.h"
#include "exchange/remotes.h"

namespace mlops {

namespace {

std::string default_of(const std::vector<exchange::NamedRemote>& all) {
  for (const auto& remote : all)
    if (remote.is_default) return remote.name;
  return "";
}

void tell(Output& out, const std::string& chosen, bool others) {
  if (!chosen.empty())
    out.note(chosen + " is what push and pull take now");
  else if (others)
    out.note("it was the default one, and none is now: mlops remote default NAME chooses one");
}

}  // namespace

Run define_remote_remove(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "the remote")->required();
  return [name](Context& context) {
    const auto repository = open_repository(context);
    const auto before = exchange::remotes(*repository);
    exchange::remove_remote(*repository, *name);
    const auto chosen = default_of(exchange::remotes(*repository));
    if (context.out.json())
      context.out.value({{"removed", *name}, {"default", chosen.empty() ? Json() : Json(chosen)}});
    else
      context.out.line(Text(*name, Style::bold) + Text(" is no remote any more; what is on it stays there"));
    if (default_of(before) == *name) tell(context.out, chosen, before.size() > 1);
    return k_exit_done;
  };
}

}  // namespace mlops
