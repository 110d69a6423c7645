#include <algorithm>

#include "base/shell_word.h"
#include "base/text.h"
#include "commands.h"
#include "data/data_text.h"
#include "data/tracked.h"
#include "exchange/exchange.h"

namespace mlops {
namespace {

constexpr std::size_t k_ways = 3;  // other remotes that are named

struct Options {
  std::string remote;
  std::vector<std::string> paths;
  bool no_checkout = false;
  exchange::PullOptions pull;
};

Json to_json(const exchange::NamedRemote& remote, const exchange::PullReport& report) {
  Json missing = Json::array(), damaged = Json::array(), paths = Json::array();
  for (const auto& path : report.data.missing) missing.push_back(to_utf8(path));
  for (const auto& path : report.data.damaged) damaged.push_back(to_utf8(path));
  for (const auto& path : report.checked_out) paths.push_back(to_utf8(path));
  return {{"remote", remote.name},      {"url", remote.url},         {"objects", report.data.objects},
          {"bytes", report.data.bytes}, {"records", report.records}, {"missing", missing},
          {"damaged", damaged},         {"written", report.written}, {"removed", report.removed},
          {"checked_out", paths}};
}

void show(Output& out, const exchange::NamedRemote& remote, const exchange::PullReport& report) {
  if (report.data.objects == 0 && report.records == 0 && report.written == 0 && report.removed == 0)
    return out.line(Text(remote.name, Style::bold) + Text("  nothing new"));
  std::string text = fmt::format("  {}, {} record{}", show_size(report.data.bytes), show_count(report.records),
                                 report.records == 1 ? "" : "s");
  if (report.written > 0)
    text += fmt::format(" · {} file{} written", show_count(report.written), report.written == 1 ? "" : "s");
  if (report.removed > 0) text += fmt::format(", {} removed", show_count(report.removed));
  out.line(Text(remote.name, Style::bold) + Text(text));
}

// Which version of a path it is, where that is not the one of the work tree.
std::string of_which(const exchange::PullOptions& options) {
  if (options.all_commits) return " as a commit of git's history has it";
  return options.revision.empty() ? "" : " of " + options.revision;
}

std::string ways_out(const data::Repository& repository, const exchange::NamedRemote& remote, const Options& options,
                     bool damaged) {
  std::vector<std::string> ways;
  std::string again = "mlops pull -r ", rest;
  if (options.pull.all_commits) rest += " --all-commits";
  if (!options.pull.revision.empty()) rest += " --rev " + shell_word(options.pull.revision);
  if (!options.paths.empty()) rest += " " + shell_paths(options.paths);
  const auto all = exchange::remotes(repository);
  for (const auto& other : all)
    if (other.name != remote.name && ways.size() < k_ways)
      ways.push_back(again + other.name + rest + "   asks another remote");
  if (damaged)
    ways.push_back("mlops fsck --repair --remote " + remote.name + "   in a clone that has it mends the remote");
  else
    ways.push_back("whoever made it can push it");
  return join(ways, " · ");
}

int tell_missing(Output& out, const data::Repository& repository, const exchange::NamedRemote& remote,
                 const Options& options, const store::Fetched& got) {
  const std::string which = of_which(options.pull);
  for (const auto& path : got.missing) {
    const bool damaged = std::binary_search(got.damaged.begin(), got.damaged.end(), path);
    out.warning(damaged ? path + which + " is damaged on " + remote.name + ", and nothing of it was taken"
                        : remote.name + " does not have " + path + which);
  }
  if (got.missing.empty()) return k_exit_done;
  out.note("hint: " + ways_out(repository, remote, options, !got.damaged.empty()));
  return k_exit_no;
}

}  // namespace

Run define_pull(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("PATH", options->paths, "only these versioned paths, or paths in them");
  app.add_option("-r,--remote", options->remote, "the remote (the default one)")->type_name("NAME");
  app.add_flag("--all", options->pull.all, "also everything that runs and models name");
  app.add_option("--rev", options->pull.revision,
                 "what this git revision names, into the store; the files stay as they are")
      ->type_name("REV");
  app.add_flag("--all-commits", options->pull.all_commits,
               "what git's history names, into the store; the files stay as they are");
  app.add_flag("--trees", options->pull.trees,
               "only the lists of files, into the store: for merges, data ls and data add --into");
  app.add_flag("--no-checkout", options->no_checkout, "bring it into the store and leave the files alone");
  app.add_flag("--force", options->pull.force, "also over files that are saved nowhere; they are stored first");
  app.add_option("-j,--jobs", options->pull.transfer.jobs, "transfers at a time (8)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  return [options](Context& context) {
    options->pull.transfer.stop = interrupt_token();
    options->pull.transfer.progress = &context.out.progress();
    options->pull.checkout = !options->no_checkout;
    const auto repository = open_repository(context);
    for (const auto& path : options->paths) options->pull.paths.push_back(data::own_path(*repository, path));
    const auto remote = exchange::find_remote(*repository, options->remote);
    const auto report = exchange::pull(*repository, remote, options->pull);
    context.out.progress().finish();
    if (context.out.json())
      context.out.value(to_json(remote, report));
    else
      show(context.out, remote, report);
    note_stays(context.out, report.stays);
    return tell_missing(context.out, *repository, remote, *options, report.data);
  };
}

}  // namespace mlops
