#include <algorithm>

#include "base/text.h"
#include "commands.h"
#include "data/heal.h"
#include "exchange/exchange.h"
#include "feature/shared_pushes.h"

namespace mlops {
namespace {

constexpr std::size_t k_shown = 20;  // paths that are neither here nor there; --json has all

struct Options {
  std::string remote;
  exchange::PushOptions push;
};

// What the store has lost may stand in the work tree.
std::string hint(Output& out, data::Repository& repository) {
  const bool here = !data::intact_in_work_tree(repository, &out.progress(), interrupt_token()).empty();
  out.progress().finish();
  return here ? "mlops fsck --repair   takes what the store has lost from the files here; then push again"
              : "mlops pull --no-checkout -r NAME brings it here from a remote that has it; then push again";
}

int answer(Output& out, data::Repository& repository, const std::string& remote,
           const std::vector<std::string>& absent) {
  for (std::size_t i = 0; i < std::min(absent.size(), k_shown); ++i)
    out.warning(remote + " does not have " + absent[i] + ", nor is it here");
  if (absent.size() > k_shown) out.warning(fmt::format("nor {} more", absent.size() - k_shown));
  if (!absent.empty()) out.note("hint: " + hint(out, repository));
  return absent.empty() ? k_exit_done : k_exit_no;
}

}  // namespace

Run define_push(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("-r,--remote", options->remote, "the remote (the default one)")->type_name("NAME");
  app.add_flag("--all-commits", options->push.all_commits, "also the versions that git's history names");
  app.add_flag("--traffic", options->push.traffic, "also what models were asked and answered");
  app.add_option("-j,--jobs", options->push.transfer.jobs, "transfers at a time (8)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  return [options](Context& context) {
    options->push.transfer.stop = interrupt_token();
    options->push.transfer.progress = &context.out.progress();
    const auto repository = open_repository(context);
    const auto remote = exchange::find_remote(*repository, options->remote);
    feature::seal_pushes(*repository);
    const auto report = exchange::push(*repository, remote, options->push);
    context.out.progress().finish();
    Json renumbered = Json::array(), absent = Json::array();
    for (const auto& path : report.absent) absent.push_back(to_utf8(path));
    for (const auto& one : report.renumbered) {
      renumbered.push_back({{"model", one.model}, {"from", one.from}, {"to", one.to}});
      context.out.warning(fmt::format("{}:{} is {}:{} now: somebody else pushed another {}:{} first", one.model,
                                      one.from, one.model, one.to, one.model, one.from));
    }
    if (context.out.json()) {
      context.out.value({{"renumbered", renumbered},
                         {"remote", remote.name},
                         {"url", remote.url},
                         {"objects", report.data.objects},
                         {"bytes", report.data.bytes},
                         {"packs", report.data.packs},
                         {"records", report.records},
                         {"absent", absent}});
    } else if (report.data.objects == 0 && report.records == 0) {
      context.out.line(Text(remote.name, Style::bold) +
                       Text(report.absent.empty() ? "  has everything" : "  has everything that is here"));
    } else {
      context.out.line(Text(remote.name, Style::bold) +
                       Text(fmt::format("  {} in {} pack{}, {} record{}", show_size(report.data.bytes),
                                        report.data.packs, report.data.packs == 1 ? "" : "s",
                                        show_count(report.records), report.records == 1 ? "" : "s")));
    }
    return answer(context.out, *repository, remote.name, report.absent);
  };
}

}  // namespace mlops
