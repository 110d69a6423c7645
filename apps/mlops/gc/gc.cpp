#include <fmt/format.h>

#include "base/config.h"
#include "base/text.h"
#include "commands.h"
#include "data/collect.h"
#include "exchange/collect.h"

namespace mlops {
namespace {

struct Options {
  std::string grace, keep_newer, remote, pushes;
  std::vector<std::string> keep;
  bool dry_run = false, sole_user = false;
  unsigned jobs = 8;
};

Micros duration_of(const std::string& text, const char* example) {
  const auto time = text == "0" ? Micros{0} : parse_duration(text).value_or(-1);
  if (time < 0)
    throw usage_error("\"" + printable(text) + "\" is no duration" +
                          (text.find_first_of("0123456789") == 0 ? ", or longer than a thousand years" : ""),
                      example);
  return time;
}

// What somebody else wrote into a repository's files may lengthen it, never make gc delete sooner.
Micros grace_of(const data::Repository& repository, const std::string& typed) {
  constexpr const char* k_example = "14d, 12h, 0s";
  if (!typed.empty()) return duration_of(typed, k_example);
  const std::string own = Config::load({}).text("gc.grace").value_or("14d");
  return std::max(duration_of(own, k_example),
                  duration_of(repository.config().text("gc.grace").value_or(own), k_example));
}

data::KeepRules rules_of(const Options& options) {
  data::KeepRules rules{std::nullopt, options.keep};
  if (!options.keep_newer.empty()) rules.newer = duration_of(options.keep_newer, "30d, 12h");
  return rules;
}

using Amount = store::GcReport::Amount;

Json amount_json(const Amount& amount) { return {{"objects", amount.objects}, {"bytes", amount.bytes}}; }
Json expiry_json(Micros time) { return time == 0 ? Json() : Json(to_utc(time)); }

Json kept_by_json(const std::vector<std::pair<std::string, Amount>>& kept_by) {
  Json out = Json::array();
  for (const auto& [reason, amount] : kept_by)
    out.push_back({{"reason", reason}, {"objects", amount.objects}, {"bytes", amount.bytes}});
  return out;
}

Json to_json(const store::GcReport& report) {
  return {{"kept_by", kept_by_json(report.kept_by)}, {"next_expiry", expiry_json(report.next_expiry)},
          {"live", amount_json(report.live)},        {"condemned", amount_json(report.condemned)},
          {"expired", amount_json(report.deleted)},  {"packs_removed", report.packs_removed},
          {"packs_written", report.packs_written},   {"files_swept", report.files_swept},
          {"bytes_before", report.bytes_before},     {"bytes_after", report.bytes_after}};
}

Json to_json(const exchange::NamedRemote& remote, const exchange::Collected& collected) {
  const auto& report = collected.report;
  return {{"remote", remote.name},
          {"url", remote.url},
          {"kept_by", kept_by_json(report.kept_by)},
          {"next_expiry", expiry_json(report.next_expiry)},
          {"live", amount_json(report.live)},
          {"spread", amount_json(report.spread)},
          {"condemned", amount_json(report.condemned)},
          {"expired", amount_json(report.deleted)},
          {"packs", report.packs},
          {"packs_condemned", report.packs_condemned},
          {"packs_removed", report.packs_deleted},
          {"packs_written", report.packs_written},
          {"unfinished", report.unfinished},
          {"pushes", collected.pushes},
          {"pushes_unknown", collected.unknown_pushes},
          {"clones_silent", collected.silent_clones},
          {"bytes_before", report.bytes_before},
          {"bytes_after", report.bytes_after}};
}

std::string amount_text(const Amount& amount) {
  return fmt::format("{} objects, {}", amount.objects, show_size(amount.bytes));
}

void show_needed(Output& out, const Amount& live, const std::vector<std::pair<std::string, Amount>>& kept_by,
                 bool dry_run) {
  out.line("needed     " + amount_text(live));
  for (const auto& [reason, amount] : kept_by)
    if (dry_run && amount.objects > 0) out.line(fmt::format("  by {}: {}", reason, amount_text(amount)));
}

std::string until(Micros expiry) {
  return ", kept until the grace period is over (the first until " + to_utc(expiry).substr(0, 10) + ")";
}

std::string freed(std::uint64_t before, std::uint64_t after) {
  return "freed      " + show_size(before > after ? before - after : 0);
}

void show(Output& out, const store::GcReport& report, bool dry_run) {
  show_needed(out, report.live, report.kept_by, dry_run);
  if (report.condemned.objects > 0) out.line("unneeded   " + amount_text(report.condemned) + until(report.next_expiry));
  if (report.deleted.objects > 0) out.line("expired    " + amount_text(report.deleted));
  if (!dry_run) out.line(freed(report.bytes_before, report.bytes_after));
}

void show(Output& out, const exchange::Collected& collected, bool dry_run) {
  const auto& report = collected.report;
  show_needed(out, report.live, report.kept_by, dry_run);
  if (report.condemned.objects > 0) out.line("unneeded   " + amount_text(report.condemned) + until(report.next_expiry));
  if (report.spread.objects > 0)
    out.line("spread     " + amount_text(report.spread) +
             ", unneeded as well, but in packs that are mostly needed: it stays");
  if (report.deleted.objects > 0) out.line("expired    " + amount_text(report.deleted));
  if (report.packs_condemned > 0)
    out.line(
        fmt::format("condemned  {} of {} packs{}", report.packs_condemned, report.packs, dry_run ? " would be" : ""));
  if (report.packs_written > 0)
    out.line(fmt::format("copied     what is needed of condemned packs, into {} new", report.packs_written));
  if (report.packs_deleted > 0)
    out.line(fmt::format("deleted    {} packs{}", report.packs_deleted, dry_run ? " would be" : ""));
  if (report.unfinished > 0) out.line(fmt::format("unfinished {} files of pushes that were cut", report.unfinished));
  if (!dry_run) out.line(freed(report.bytes_before, report.bytes_after));
  if (collected.unknown_pushes > 0)
    out.note(
        fmt::format("{} of {} pushes are of commits that this clone has not got, or uncommitted, and keep what they "
                    "brought: git fetch --all, or --pushes TIME lets go of older ones",
                    collected.unknown_pushes, collected.pushes));
  if (collected.silent_clones > 0)
    out.warning(
        fmt::format("{} other clone{} pushed with an older mlops, which does not say what its branches need: let each "
                    "push once with this one before the grace period is over",
                    collected.silent_clones, collected.silent_clones == 1 ? "" : "s"));
}

// Who else has a link to it, and what they need, nobody can tell.
void refuse_shared(data::Repository& repository) {
  for (const auto& path :
       {repository.state(), repository.store().directory(), repository.store().directory() / "packs"})
    if (fs::is_symlink(path))
      throw state_error("nothing is deleted: \"" + printable(path.string()) +
                            "\" is a symbolic link, and who else uses what it leads to is not known",
                        "mlops gc --sole-user   where no other repository does");
}

int collect_here(Context& context, const Options& options) {
  if (!options.pushes.empty()) throw usage_error("--pushes belongs to --remote", "mlops gc --remote --pushes 180d");
  const data::KeepRules rules = rules_of(options);
  const auto repository = data::Repository::open();
  if (!options.sole_user && !options.dry_run) refuse_shared(*repository);
  const store::GcOptions how{grace_of(*repository, options.grace), options.dry_run, &context.out.progress(),
                             interrupt_token()};
  const auto report = data::collect(*repository, how, rules);
  context.out.progress().finish();
  if (context.out.json())
    context.out.value(to_json(report));
  else
    show(context.out, report, options.dry_run);
  return k_exit_done;
}

int collect_there(Context& context, const Options& options) {
  const data::KeepRules rules = rules_of(options);
  const auto repository = open_repository(context);
  const auto remote = exchange::find_remote(*repository, options.remote);
  exchange::CollectOptions how;
  how.gc.grace = grace_of(*repository, options.grace);
  how.gc.dry_run = options.dry_run;
  how.gc.transfer = {options.jobs, &context.out.progress(), interrupt_token()};
  const std::string pushes =
      options.pushes.empty() ? repository->config().text("gc.pushes").value_or("") : options.pushes;
  if (!pushes.empty()) how.unknown_pushes = duration_of(pushes, "180d, 0s");
  const auto collected = exchange::collect(*repository, remote, rules, how);
  context.out.progress().finish();
  if (context.out.json())
    context.out.value(to_json(remote, collected));
  else
    show(context.out, collected, options.dry_run);
  return k_exit_done;
}

}  // namespace

Run define_gc(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_flag("--dry-run", options->dry_run, "only say what would go");
  app.add_flag("--sole-user", options->sole_user,
               "also where .mlops or its store is a symbolic link: no other repository uses what it leads to");
  app.add_option("--grace", options->grace, "how long unneeded objects stay (default: gc.grace, 14d)")
      ->type_name("TIME");
  app.add_option("--keep-newer", options->keep_newer,
                 "of git's history only what commits of the last TIME name, and refs, stashes and the index themselves")
      ->type_name("TIME");
  app.add_option("--keep", options->keep, "and what this revision names (again for more)")
      ->type_name("REV")
      ->allow_extra_args(false);
  auto* remote = app.add_option("-r,--remote", options->remote,
                                "of this remote (without a name the default one) in place of the store here")
                     ->type_name("NAME")
                     ->expected(0, 1);
  app.add_option("--pushes", options->pushes,
                 "of a remote: how long pushes count that git here can't judge (default: gc.pushes, for good)")
      ->type_name("TIME");
  app.add_option("-j,--jobs", options->jobs, "of a remote: transfers at a time (8)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  return [options, remote](Context& context) {
    return remote->count() > 0 ? collect_there(context, *options) : collect_here(context, *options);
  };
}

}  // namespace mlops
