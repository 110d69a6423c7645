#include "base/text.h"
#include "commands.h"
#include "data/data_text.h"
#include "data/tracked.h"
#include "exchange/exchange.h"

namespace mlops {
namespace {

struct Options {
  std::string remote;
  std::vector<std::string> paths;
  bool no_checkout = false;
  exchange::PullOptions pull;
};

Json to_json(const exchange::NamedRemote& remote, const exchange::PullReport& report) {
  Json missing = Json::array(), paths = Json::array();
  for (const auto& path : report.data.missing) missing.push_back(to_utf8(path));
  for (const auto& path : report.checked_out) paths.push_back(to_utf8(path));
  return {{"remote", remote.name}, {"url", remote.url}, {"objects", report.data.objects}, {"bytes", report.data.bytes}, {"records", report.records},
          {"missing", missing}, {"written", report.written}, {"removed", report.removed}, {"checked_out", paths}};
}

void show(Output& out, const exchange::NamedRemote& remote, const exchange::PullReport& report) {
  if (report.data.objects == 0 && report.records == 0 && report.written == 0 && report.removed == 0)
    return out.line(Text(remote.name, Style::bold) + Text("  nothing new"));
  std::string text = fmt::format("  {}, {} record{}", show_size(report.data.bytes), show_count(report.records), report.records == 1 ? "" : "s");
  if (report.written > 0) text += fmt::format(" · {} file{} written", show_count(report.written), report.written == 1 ? "" : "s");
  if (report.removed > 0) text += fmt::format(", {} removed", show_count(report.removed));
  out.line(Text(remote.name, Style::bold) + Text(text));
}

}  // namespace

Run define_pull(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("PATH", options->paths, "only these versioned paths, or paths in them");
  app.add_option("-r,--remote", options->remote, "the remote (the default one)")->type_name("NAME");
  app.add_flag("--all", options->pull.all, "also everything that runs and models name");
  app.add_option("--rev", options->pull.revision, "what this git revision names, into the store; the files stay as they are")->type_name("REV");
  app.add_flag("--all-commits", options->pull.all_commits, "what git's history names, into the store; the files stay as they are");
  app.add_flag("--trees", options->pull.trees, "only the lists of files, into the store: for merges, data ls and data add --into");
  app.add_flag("--no-checkout", options->no_checkout, "bring it into the store and leave the files alone");
  app.add_flag("--force", options->pull.force, "also over files that are saved nowhere; they are stored first");
  app.add_option("-j,--jobs", options->pull.transfer.jobs, "transfers at a time (8)")->type_name("N")->check(CLI::Range(1, 256));
  return [options](Context& context) {
    options->pull.transfer.stop = interrupt_token();
    options->pull.transfer.progress = &context.out.progress();
    options->pull.checkout = !options->no_checkout;
    const auto repository = open_repository(context);
    for (const auto& path : options->paths) options->pull.paths.push_back(data::own_path(*repository, path));
    const auto remote = exchange::find_remote(*repository, options->remote);
    const auto report = exchange::pull(*repository, remote, options->pull);
    context.out.progress().finish();
    if (context.out.json()) context.out.value(to_json(remote, report));
    else show(context.out, remote, report);
    note_stays(context.out, report.stays);
    for (const auto& path : report.data.missing) context.out.warning(remote.name + " does not have " + path);
    if (!report.data.missing.empty()) context.out.note("whoever made it can push it");
    return report.data.missing.empty() ? k_exit_done : k_exit_no;
  };
}

}  // namespace mlops
